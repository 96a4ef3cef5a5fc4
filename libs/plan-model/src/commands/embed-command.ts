import type { CommandDialect } from '@opsmesh/contracts';
import { PosixScanner } from './posix-scanner.js';
import { PowerShellScanner } from './powershell-scanner.js';
import { UnsafeEmbedding, type Slot } from './unsafe-embedding.js';

/** A command with places for values. */
class Embedding {
  constructor(private readonly parts: readonly (string | Slot)[]) {}

  /**
   * The command with `values` in their places, in order; each is exactly one piece of data, whatever it holds.
   * @throws UnsafeEmbedding for a value that no command can hold.
   */
  fill(values: readonly string[]): string {
    let next = 0;
    let command = '';
    for (const part of this.parts) command += typeof part === 'string' ? part : part(checked(values[next++]!));
    return command;
  }
}

/**
 * Reads the author's `parts` of a command, between which anything else marks the place of a value.
 * @throws UnsafeEmbedding where a value could be more than data.
 */
export function planEmbedding(dialect: CommandDialect, parts: readonly unknown[]): Embedding {
  const scanner = dialect === 'posix-shell' ? new PosixScanner() : new PowerShellScanner();
  const planned = parts.map((part) => {
    if (typeof part !== 'string') return scanner.slot();
    scanner.read(part);
    return part;
  });
  scanner.end();
  return new Embedding(planned);
}

const planned = new WeakMap<readonly unknown[], Map<CommandDialect, Embedding>>();

/** {@link planEmbedding}, remembered for as long as `parts` is. */
export function embeddingOf(dialect: CommandDialect, parts: readonly unknown[]): Embedding {
  let known = planned.get(parts);
  if (!known) planned.set(parts, known = new Map<CommandDialect, Embedding>());
  let embedding = known.get(dialect);
  if (!embedding) known.set(dialect, embedding = planEmbedding(dialect, parts));
  return embedding;
}

function checked(value: string): string {
  // Most values are plain ASCII and need no closer look.
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  if (value.includes('\0')) throw new UnsafeEmbedding('the value holds a NUL character');
  if (/\p{Surrogate}/u.test(value)) throw new UnsafeEmbedding('the value holds half a character (a lone surrogate)');
  return value;
}
