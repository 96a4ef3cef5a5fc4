import { judgeSimpleCommand, type Word } from './posix-evaluators.js';
import { UnsafeEmbedding, type CommandScanner, type Slot } from './unsafe-embedding.js';

/** One argument for a POSIX shell: `'...'`, with `'` as `'\''` (POSIX.1-2017, 2.2.2). */
function quotePosix(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

const AFTER_EXPANSION = 'in or after a substitution: $(...), ${...}, $((...)) or backticks; use it before, as an argument of the command itself';

/** Inside the author's quotes: close them, write the argument, open them again. */
const SLOTS = {
  plain: quotePosix,
  single: (value: string): string => `'${quotePosix(value)}'`,
  double: (value: string): string => `"${quotePosix(value)}"`,
} as const;

/**
 * Follows the author's quotes, comments and simple commands.
 * 1. A value is always written as one single-quoted word or part of a word; the scanner must know in which quotes the author is.
 * 2. From a construct whose quoting it does not follow (substitutions, here-documents, arithmetic) on, no value is accepted any more.
 * 3. No value may reach what reads its arguments as code again; {@link judgeSimpleCommand} knows the usual ones.
 */
export class PosixScanner implements CommandScanner {
  private state: 'plain' | 'single' | 'double' | 'comment' = 'plain';
  private escaped = false;
  /** The character before, a space at the start of a word. */
  private last = ' ';
  /** Invariant 2: why no value is accepted any more. */
  private closed: string | undefined;
  private word: Word | undefined;
  private words: Word[] = [];
  /** What the next word is: the file of a redirection, or what follows `>&`. */
  private redirected: 'file' | 'descriptor' | undefined;
  /** The simple command reads the output of another one. */
  private piped = false;
  private hasValue = false;
  /** A command of the pipe takes code from its standard input: why no value may be in the whole command. */
  private codeInPipe: string | undefined;

  read(text: string): void {
    for (const c of text) this.step(c);
  }

  slot(): Slot {
    if (this.closed) throw new UnsafeEmbedding(`a value can't be used ${this.closed}`);
    if (this.escaped) throw new UnsafeEmbedding("a value can't follow a backslash");
    if (this.state === 'comment') throw new UnsafeEmbedding("a value can't be used in a comment");
    if (this.last === '$' && this.state !== 'single') throw new UnsafeEmbedding("a value can't follow a dollar sign");
    // Bash 5.2 expands what follows >& once more, quoted or not.
    if (this.redirected === 'descriptor') throw new UnsafeEmbedding("a value can't follow >&");
    this.hasValue = true;
    this.word = { text: this.word?.text ?? '', hasValue: true };
    this.last = 'x';
    return SLOTS[this.state];
  }

  end(): void {
    if (this.hasValue && !this.closed && (this.state === 'single' || this.state === 'double' || this.escaped)) throw new UnsafeEmbedding('the command ends inside quotes or after a backslash');
    this.endCommand('\n');
    if (this.hasValue && this.codeInPipe) throw new UnsafeEmbedding(this.codeInPipe);
  }

  private step(c: string): void {
    if (this.escaped) {
      this.escaped = false;
      // A backslash and a line end vanish: the word goes on.
      if (c === '\n') return;
      this.append(c);
      this.last = 'x';
      return;
    }
    switch (this.state) {
      case 'comment':
        if (c !== '\n') return;
        this.state = 'plain';
        this.plain(c);
        break;
      case 'single':
        if (c === "'") this.state = 'plain';
        else this.append(c);
        break;
      case 'double':
        if (c === '"') this.state = 'plain';
        else if (!this.expands(c)) this.append(c);
        break;
      case 'plain': this.plain(c);
    }
    this.last = c;
  }

  private plain(c: string): void {
    if (c === '#' && /[ \t\n;&|()<>]/.test(this.last) && !this.word) this.state = 'comment';
    else if (c === '"' || c === "'") {
      // `$'...'` is no POSIX and has escapes of its own.
      if (c === "'" && this.last === '$') this.closed = "after $'...'";
      this.append('');
      this.state = c === '"' ? 'double' : 'single';
    } else if (c === ' ' || c === '\t') this.endWord();
    else if (c === '<' || c === '>') this.redirection(c);
    else if (/[\n;&|()]/.test(c)) this.operator(c);
    else if (!this.expands(c)) this.append(c);
  }

  /** Invariant 2, for what begins in the same way in double quotes and outside of them. */
  private expands(c: string): boolean {
    if (c === '\\') this.escaped = true;
    else if (c === '`') this.closed = AFTER_EXPANSION;
    else if (this.last === '$' && /[({[]/.test(c)) this.closed = AFTER_EXPANSION;
    return c === '\\';
  }

  private redirection(c: string): void {
    if (c === '<' && this.last === '<') this.closed = 'after a here-document';
    if (this.word && /^\d+$/.test(this.word.text)) this.word = undefined;
    this.endWord();
    this.redirected = 'file';
  }

  private operator(c: string): void {
    if (c === '(' && this.last === '$') this.closed = AFTER_EXPANSION;
    else if (c === '(' && this.last === '(') this.closed = 'in or after ((';
    // `2>&1` and `>|` are redirections.
    if ((c === '&' || c === '|') && (this.last === '>' || this.last === '<')) {
      if (c === '&') this.redirected = 'descriptor';
      return;
    }
    this.endCommand(c);
  }

  private append(text: string): void {
    this.word = { text: (this.word?.text ?? '') + text, hasValue: this.word?.hasValue ?? false };
  }

  private endWord(): void {
    if (!this.word) return;
    if (this.word.text === '[[' && !this.word.hasValue) this.closed = 'in or after [[; use [ or case';
    if (!this.redirected) this.words.push(this.word);
    this.redirected = undefined;
    this.word = undefined;
  }

  private endCommand(operator: string): void {
    this.endWord();
    this.redirected = undefined;
    const { words } = this;
    if (words.length === 0) {
      // `a |` may go on in the next line; `||` is no pipe.
      if (operator === '|') this.piped = this.last !== '|';
      return;
    }
    this.words = [];
    const verdict = judgeSimpleCommand(words, this.piped);
    if (verdict?.kind === 'unsafe') throw new UnsafeEmbedding(verdict.why);
    if (verdict) this.codeInPipe ??= verdict.why;
    this.piped = operator === '|';
  }
}
