import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { endUnlessReached, NO_ACCESS, NO_FILE, requirePath } from './host-path.js';
import { ask, unreadable, word } from './run-on-target.js';

export class DiskUsageInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Absolute path on the file system asked for; `/` by default. */
  @IsOptional() @IsString() @Matches(/^\//) @MaxLength(4096) path?: string;
}

/** Sizes in bytes. */
export class DiskUsageOutput {
  @IsString() host!: string;
  /** Device or source, for example `/dev/sda1`. */
  @IsString() filesystem!: string;
  @IsString() mount!: string;
  @IsInt() @Min(0) sizeBytes!: number;
  @IsInt() @Min(0) usedBytes!: number;
  /** What a normal user can still write. */
  @IsInt() @Min(0) availableBytes!: number;
  /** As df computes it: used of used and available, rounded up. */
  @IsInt() @Min(0) @Max(100) usedPercent!: number;
}

@Controller()
export class DiskUsage {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'disk-usage',
    version: '1.0.0',
    description: 'Tells size, used and available bytes of the file system that holds a path on a Linux host, over SSH.',
    input: DiskUsageInput,
    output: DiskUsageOutput,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    timeoutMs: 30_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 500 },
    examples: [{ target_host: 'web-01' }, { target_host: 'db-01', path: '/var/lib/postgresql' }],
  })
  async run({ input, context }: ToolCall<DiskUsageInput>): Promise<DiskUsageOutput> {
    const { path = '/' } = input;
    const answer = await ask(this.ssh, context, { script: diskScript(word('path', path)), maxOutputBytes: 65_536, alsoFine: [NO_FILE, NO_ACCESS] });
    requirePath(path, answer);
    const usage = parseDf(answer.stdout);
    if (!usage) throw unreadable('df', answer);
    return { host: answer.host, ...usage };
  }
}

/** Prints what df says of a path, a word of the shell; why df failed is looked for only then, and its exit code stays where the path is not the reason. */
export function diskScript(path: string): string {
  return `df -P -B1 -- ${path} && exit
code=$?
${endUnlessReached(path)}
exit $code`;
}

/** The numbers of a row between two names. */
const NUMBERS = / \d+ +\d+ +\d+ +(?:\d+%|-) +\//;

const ROW = /^(?=.*$)([^ ]+(?: +[^ ]+)*?) +(\d+) +(\d+) +(\d+) +(?:(\d+)%|-) +(\/.*)$/;

/** The one row of `df -P -B1 PATH` (POSIX.1-2017, df, STDOUT); undefined when the text is anything else. Names may hold spaces; a row is refused whose names hold what could be its numbers. */
export function parseDf(text: string): Omit<DiskUsageOutput, 'host'> | undefined {
  const [header, row, ...more] = text.replace(/\n$/, '').split('\n');
  const m = ROW.exec(row ?? '');
  if (!header?.startsWith('Filesystem') || !header.includes('1-blocks') || more.length > 0 || !m || NUMBERS.test(m[6]!)) return undefined;
  const numbers = [m[2], m[3], m[4], m[5] ?? '0'].map(Number);
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  const [sizeBytes, usedBytes, availableBytes, usedPercent] = numbers as [number, number, number, number];
  return { filesystem: m[1]!, mount: m[6]!, sizeBytes, usedBytes, availableBytes, usedPercent };
}
