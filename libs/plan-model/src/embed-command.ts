import type { CommandDialect } from '@opsmesh/contracts';

/** A value can't be put into a command safely. `where` says why. */
export class UnsafeEmbedding extends Error {
  override readonly name = 'UnsafeEmbedding';
}

/** Puts values into a command so that each is exactly one piece of data, whatever it holds. `parts` are the author's texts and, as `{ value }`, the values. */
export function embedInCommand(dialect: CommandDialect, parts: readonly (string | { readonly value: string })[]): string {
  const scanner = dialect === 'posix-shell' ? new PosixScanner() : new PowerShellScanner();
  let command = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      scanner.read(part);
      command += part;
    } else command += scanner.embed(checked(part.value));
  }
  return command;
}

function checked(value: string): string {
  if (value.includes('\0')) throw new UnsafeEmbedding('the value holds a NUL character');
  if (/\p{Surrogate}/u.test(value)) throw new UnsafeEmbedding('the value holds half a character (a lone surrogate)');
  return value;
}

/** One argument for a POSIX shell: `'...'`, with `'` as `'\''` (POSIX.1-2017, 2.2.2). */
export function quotePosix(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** Follows the author's quotes, to know what a value would be part of. */
class PosixScanner {
  private state: 'plain' | 'single' | 'double' | 'comment' = 'plain';
  private escaped = false;
  private last = ' ';
  /** Why nothing can be embedded any more: constructs in which quoting has other rules. */
  private unsafe: string | undefined;

  read(text: string): void {
    for (const c of text) {
      this.step(c);
      this.last = c;
    }
  }

  embed(value: string): string {
    if (this.unsafe) throw new UnsafeEmbedding(`a value can't be used ${this.unsafe}`);
    if (this.escaped) throw new UnsafeEmbedding("a value can't follow a backslash");
    if (this.last === '$' && this.state !== 'single') throw new UnsafeEmbedding("a value can't follow a dollar sign");
    this.last = 'x';
    switch (this.state) {
      case 'plain': return quotePosix(value);
      case 'single': return `'${quotePosix(value)}'`;
      case 'double': return `"${quotePosix(value)}"`;
      case 'comment': throw new UnsafeEmbedding("a value can't be used in a comment");
    }
  }

  private step(c: string): void {
    if (this.escaped) { this.escaped = false; return; }
    switch (this.state) {
      case 'single':
        if (c === "'") this.state = 'plain';
        return;
      case 'comment':
        if (c === '\n') this.state = 'plain';
        return;
      case 'double':
        if (c === '"') this.state = 'plain';
        else this.expansion(c);
        return;
      case 'plain':
        if (c === '#' && /[\s;&|()]/.test(this.last)) this.state = 'comment';
        else if (c === '"') this.state = 'double';
        else if (c === "'") this.quote();
        else if (c === '<' && this.last === '<') this.unsafe = 'after a here-document';
        else this.expansion(c);
    }
  }

  /** `$'...'` is no POSIX and has escapes of its own. */
  private quote(): void {
    if (this.last === '$') this.unsafe = "after $'...'";
    this.state = 'single';
  }

  private expansion(c: string): void {
    if (c === '\\') this.escaped = true;
    else if (c === '`') this.unsafe = 'in or after backticks; use it as an argument of the command itself';
    else if ((c === '(' || c === '{') && this.last === '$') this.unsafe = `in or after $${c}...; use it as an argument of the command itself`;
  }
}

const PS_SINGLE = "'\u2018\u2019\u201A\u201B";
const PS_DOUBLE = '"\u201C\u201D\u201E';

/** PowerShell has five single quotes and no safe way to escape: values travel as base64 and are decoded by an expression. */
class PowerShellScanner {
  private state: 'plain' | 'single' | 'double' | 'comment' = 'plain';
  private escaped = false;
  private last = ' ';
  private unsafe: string | undefined;

  read(text: string): void {
    for (const c of text) {
      this.step(c);
      this.last = c;
    }
  }

  embed(value: string): string {
    if (this.unsafe) throw new UnsafeEmbedding(`a value can't be used ${this.unsafe}`);
    if (this.escaped) throw new UnsafeEmbedding("a value can't follow a backtick");
    if (this.state === 'plain' && !/[\s=(,;|&{]/.test(this.last)) throw new UnsafeEmbedding('a value must be an argument of its own; put the whole text into double quotes');
    this.last = ')';
    switch (this.state) {
      case 'plain': return decoded(value);
      case 'double': return `$${decoded(value)}`;
      case 'single': throw new UnsafeEmbedding("a value can't be used in single quotes; use double quotes");
      case 'comment': throw new UnsafeEmbedding("a value can't be used in a comment");
    }
  }

  private step(c: string): void {
    if (this.escaped) { this.escaped = false; return; }
    switch (this.state) {
      case 'single':
        if (PS_SINGLE.includes(c)) this.state = 'plain';
        return;
      case 'comment':
        if (c === '\n') this.state = 'plain';
        return;
      case 'double':
        if (PS_DOUBLE.includes(c)) this.state = 'plain';
        else if (c === '`') this.escaped = true;
        else if (c === '(' && this.last === '$') this.unsafe = 'in or after $(...) inside quotes';
        return;
      case 'plain':
        if (c === '`') this.escaped = true;
        else if ((PS_SINGLE + PS_DOUBLE).includes(c) && this.last === '@') this.unsafe = 'in or after a here-string';
        else if (PS_SINGLE.includes(c)) this.state = 'single';
        else if (PS_DOUBLE.includes(c)) this.state = 'double';
        else if (c === '#') {
          if (this.last === '<') this.unsafe = 'in or after a block comment';
          this.state = 'comment';
        } else if (c === '%' && this.last === '-' ) this.unsafe = 'after --%';
    }
  }
}

/** An expression that gives the value: UTF-8, base64. */
function decoded(value: string): string {
  return `([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${base64(value)}')))`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648 base64 of the UTF-8 bytes; without I/O libraries, which the plan model may not use. */
function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const c = [n >> 18, n >> 12, n >> 6, n].map((v) => ALPHABET[v & 63]!);
    if (i + 1 >= bytes.length) c[2] = '=';
    if (i + 2 >= bytes.length) c[3] = '=';
    out += c.join('');
  }
  return out;
}
