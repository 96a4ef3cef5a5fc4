import { Unreadable } from './posix-syntax.js';

const BLANK = /[ \t]/;
/** What ends a word that is not quoted. */
export const ENDS_WORD = /[ \t\n;&|<>()]/;

/** A place in a script, and the signs around it. */
export class Scanner {
  constructor(readonly text: string, public position = 0) {}

  atEnd(): boolean {
    return this.position >= this.text.length;
  }

  is(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  /** The sign here; empty at the end. */
  sign(): string {
    return this.text[this.position] ?? '';
  }

  /** The next signs, at most so many. */
  ahead(most: number): string {
    return this.text.slice(this.position, this.position + most);
  }

  /** The unquoted word that comes next, when it holds letters and signs only. */
  nextWord(): string {
    this.blanks();
    const found = /^[^ \t\n;&|<>()'"\\$`]*/.exec(this.ahead(64))![0];
    const after = this.text[this.position + found.length];
    return after === undefined || ENDS_WORD.test(after) ? found : '';
  }

  /** @throws Unreadable when another word comes next */
  keyword(word: string): void {
    if (this.nextWord() !== word) throw new Unreadable(`"${word}" is missing`);
    this.position += word.length;
  }

  /** @throws Unreadable when another sign comes next */
  expect(sign: string): void {
    this.blanks();
    if (!this.is(sign)) throw new Unreadable(`"${sign}" is missing`);
    this.position += sign.length;
  }

  /** The text up to the sign that closes it, which is read too. With `escapes` a backslash takes the meaning of the sign after it. */
  until(sign: string, escapes = false): string {
    for (let at = this.position + 1; at < this.text.length; at++) {
      if (escapes && this.text[at] === '\\') at++;
      else if (this.text[at] === sign) {
        const text = this.text.slice(this.position + 1, at);
        this.position = at + 1;
        return text;
      }
    }
    throw new Unreadable('a quote is not closed');
  }

  /** Blanks, joined lines and a comment. */
  blanks(): void {
    for (;;) {
      if (!this.atEnd() && BLANK.test(this.sign())) this.position++;
      else if (this.is('\\\n')) this.position += 2;
      else break;
    }
    const before = this.text[this.position - 1];
    if (this.is('#') && (before === undefined || ENDS_WORD.test(before))) {
      const end = this.text.indexOf('\n', this.position);
      this.position = end < 0 ? this.text.length : end;
    }
  }

  newlines(): void {
    for (this.blanks(); this.is('\n'); this.blanks()) this.position++;
  }

  /** Ends of commands: line ends, `;` (but not `;;`) and `&` (but not `&&`). */
  separators(): void {
    for (this.newlines(); (this.is(';') && !this.is(';;')) || (this.is('&') && !this.is('&&')); this.newlines()) this.position++;
  }

  /** @throws Unreadable always */
  unexpected(): never {
    throw new Unreadable(`there is something unexpected at character ${this.position + 1}`);
  }
}
