import { Unreadable, type Command, type Redirection, type Word } from './posix-syntax.js';

/** Stands in a script for a value that is not known yet: one piece of data, which may be anything, an option too. */
export const UNKNOWN_VALUE = '\uE000';

/** Substitutions and compounds in each other, at most. */
const MOST_DEPTH = 30;
const BLANK = /[ \t]/;
const ENDS_WORD = /[ \t\n;&|<>()]/;
/** Words that mean something else at the beginning of a command; those that are read here have a method below. */
const UNSUPPORTED = new Set(['[[', 'function', 'select', 'coproc', 'let']);
const CLOSING = new Set(['then', 'elif', 'else', 'fi', 'do', 'done', 'esac', '}']);

/**
 * Reads a script of the POSIX shell (POSIX.1-2017, 2.10) into the commands that it may run.
 * Here-documents, arithmetic, functions, `[[` and parameter expansions beyond `${name}` are not read.
 * @throws Unreadable for these, and for what is no valid script
 */
export function parsePosix(script: string): Command[] {
  if (script.includes('\0')) throw new Unreadable('it holds a NUL character');
  const parser = new Parser(script, 0);
  parser.list();
  if (!parser.atEnd()) throw new Unreadable(`there is something unexpected at character ${parser.position + 1}`);
  return parser.found;
}

class Parser {
  readonly found: Command[] = [];
  position = 0;

  constructor(private readonly text: string, private readonly depth: number) {
    if (depth > MOST_DEPTH) throw new Unreadable('it is nested too deep');
  }

  atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** Commands up to the end, a closing bracket, `;;` or a closing word, which stay unread. */
  list(): void {
    for (;;) {
      this.separators();
      if (this.atEnd() || this.is(')') || this.is(';;') || CLOSING.has(this.nextWord())) return;
      this.command();
      this.blanks();
      if (this.is('&&') || this.is('||')) this.joined(2);
      else if (this.is('|&')) this.joined(2);
      else if (this.is('|')) this.joined(1);
      else if (!this.atEnd() && !/[;&\n)]/.test(this.text[this.position]!)) throw new Unreadable(`there is something unexpected at character ${this.position + 1}`);
    }
  }

  private joined(length: number): void {
    this.position += length;
    this.newlines();
    if (this.atEnd() || /[;&|)]/.test(this.text[this.position]!)) throw new Unreadable('a command is missing');
  }

  private command(): void {
    this.blanks();
    if (this.is('((')) throw new Unreadable('arithmetic is not read');
    if (this.is('(')) {
      this.position++;
      this.list();
      this.expect(')');
      return this.compound();
    }
    const first = this.nextWord();
    if (UNSUPPORTED.has(first)) throw new Unreadable(`"${first}" is not read`);
    switch (first) {
      case '!': this.position++; return this.command();
      case '{': this.position++; this.list(); this.keyword('}'); return this.compound();
      case 'if': return this.conditional();
      case 'while':
      case 'until': this.position += first.length; this.list(); this.keyword('do'); this.list(); this.keyword('done'); return this.compound();
      case 'for': return this.forLoop();
      case 'case': return this.choice();
      default: return this.simple();
    }
  }

  private conditional(): void {
    this.position += 2;
    this.list();
    this.keyword('then');
    this.list();
    while (this.nextWord() === 'elif') {
      this.keyword('elif');
      this.list();
      this.keyword('then');
      this.list();
    }
    if (this.nextWord() === 'else') {
      this.keyword('else');
      this.list();
    }
    this.keyword('fi');
    this.compound();
  }

  private forLoop(): void {
    this.position += 3;
    this.blanks();
    const variable = this.nextWord();
    if (!/^[A-Za-z_]\w*$/.test(variable)) throw new Unreadable('a loop without a variable');
    this.position += variable.length;
    this.newlines();
    if (this.nextWord() === 'in') {
      this.position += 2;
      for (this.blanks(); !this.atEnd() && !/[;\n]/.test(this.text[this.position]!); this.blanks()) this.word();
    }
    this.separators();
    this.keyword('do');
    this.list();
    this.keyword('done');
    this.compound(variable);
  }

  private choice(): void {
    this.position += 4;
    this.blanks();
    this.word();
    this.newlines();
    this.keyword('in');
    for (this.newlines(); this.nextWord() !== 'esac'; this.newlines()) {
      if (this.is('(')) this.position++;
      for (;;) {
        this.blanks();
        this.word();
        this.blanks();
        if (!this.is('|')) break;
        this.position++;
      }
      this.expect(')');
      this.list();
      if (!this.is(';;')) break;
      this.position += 2;
    }
    this.keyword('esac');
    this.compound();
  }

  private compound(variable?: string): void {
    const redirections: Redirection[] = [];
    for (this.blanks(); this.redirection(redirections); this.blanks());
    this.found.push({ kind: 'compound', variable, redirections });
  }

  private simple(): void {
    const redirections: Redirection[] = [];
    const words: Word[] = [];
    const assignments: string[] = [];
    const begin = this.position;
    for (this.blanks(); !this.atEnd() && !/[\n;&|)]/.test(this.text[this.position]!); this.blanks()) {
      if (this.redirection(redirections)) continue;
      const name = words.length === 0 ? /^([A-Za-z_]\w*)(\[[^\]\s]*\])?\+?=/.exec(this.text.slice(this.position, this.position + 300))?.[1] : undefined;
      const word = this.word();
      if (name === undefined) words.push(word);
      else assignments.push(name);
      if (this.is('(')) throw new Unreadable('functions and lists of values are not read');
    }
    if (this.position === begin) throw new Unreadable('a command is missing');
    this.found.push({ kind: 'simple', assignments, words, redirections });
  }

  private redirection(into: Redirection[]): boolean {
    const operator = /^\d*(<<<|<<-?|<>|<&|>>|>\||>&|<|>)/.exec(this.text.slice(this.position, this.position + 12));
    if (!operator) return false;
    this.position += operator[0].length;
    if (operator[1]!.startsWith('<<')) throw new Unreadable('here-documents are not read');
    if (this.is('(')) throw new Unreadable('process substitution is not read');
    this.blanks();
    into.push({ operator: operator[1] as Redirection['operator'], target: this.word() });
    return true;
  }

  private word(): Word {
    const begin = this.position;
    let text = '';
    let expands: Word['expands'] = 'nothing';
    const becomes = (splits: boolean): void => {
      const isOperand = !splits && text !== '' && !text.startsWith('-');
      if (expands !== 'anything') expands = isOperand || (expands === 'operand' && !splits) ? 'operand' : 'anything';
    };
    while (!this.atEnd() && !ENDS_WORD.test(this.text[this.position]!)) {
      const c = this.text[this.position]!;
      if (c === '\\') {
        this.position += 2;
        if (this.position > this.text.length) throw new Unreadable('it ends after a backslash');
        if (this.text[this.position - 1] !== '\n') text += this.text[this.position - 1]!;
      } else if (c === "'") text += this.until("'");
      else if (c === '"') text += this.doubleQuoted(text, (splits, before) => { const was = text; text = before; becomes(splits); text = was; });
      else if (c === '$' || c === '`') {
        if (this.expansion()) becomes(true);
        else text += '$';
      } else {
        // Globs never split and keep what stands before them. A brace can make several words of one.
        if (/[*?]/.test(c) || /^\[[^\s\]]*\]/.test(this.text.slice(this.position, this.position + 100))) becomes(false);
        else if (c === '{' && !/^\{\}/.test(this.text.slice(this.position, this.position + 2))) becomes(true);
        text += c;
        this.position++;
      }
    }
    const unknown = text.indexOf(UNKNOWN_VALUE);
    if (unknown >= 0) {
      text = text.slice(0, unknown);
      becomes(false);
    }
    if (this.position === begin) throw new Unreadable(this.is('(') ? 'functions are not read' : 'a word is missing');
    return { text, expands };
  }

  /** `found` is told of each expansion, with the word's text before it. */
  private doubleQuoted(outer: string, found: (splits: boolean, before: string) => void): string {
    this.position++;
    let text = '';
    for (;;) {
      if (this.atEnd()) throw new Unreadable('a quote is not closed');
      const c = this.text[this.position]!;
      if (c === '"') {
        this.position++;
        return text;
      }
      if (c === '\\' && /[$`"\\\n]/.test(this.text[this.position + 1] ?? '')) {
        if (this.text[this.position + 1] !== '\n') text += this.text[this.position + 1]!;
        this.position += 2;
      } else if (c === '$' || c === '`') {
        const isList = /^\$[{]?[@*]/.test(this.text.slice(this.position, this.position + 3));
        if (this.expansion()) found(isList, outer + text);
        else text += '$';
      } else {
        text += c;
        this.position++;
      }
    }
  }

  /** Reads what begins with `$` or a backtick; false when it is a dollar sign and nothing else. */
  private expansion(): boolean {
    if (this.is('`')) return this.nested(this.until('`', true).replace(/\\([$`\\])/g, '$1'));
    if (this.is('$((')) throw new Unreadable('arithmetic is not read');
    if (this.is('$(')) {
      const inner = new Parser(this.text, this.depth + 1);
      inner.position = this.position + 2;
      inner.list();
      inner.expect(')');
      this.position = inner.position;
      this.found.push(...inner.found);
      return true;
    }
    if (this.is("$'") || this.is('$"') || this.is('$[')) throw new Unreadable(`"${this.text.slice(this.position, this.position + 2)}" is not read`);
    const name = /^\$(\{([A-Za-z_]\w*|\d+|[@*#?$!-])\}|[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(this.text.slice(this.position, this.position + 300));
    if (!name && this.is('${')) throw new Unreadable('only ${name} is read of what begins so');
    this.position += name ? name[0].length : 1;
    return name !== null;
  }

  private nested(script: string): true {
    const inner = new Parser(script, this.depth + 1);
    inner.list();
    if (!inner.atEnd()) throw new Unreadable('a substitution can\'t be read');
    this.found.push(...inner.found);
    return true;
  }

  /** The text up to the sign that closes it, which is read too. */
  private until(sign: string, escapes = false): string {
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

  /** The unquoted word that comes next, when it holds letters and signs only. */
  private nextWord(): string {
    this.blanks();
    const found = /^[^ \t\n;&|<>()'"\\$`]*/.exec(this.text.slice(this.position, this.position + 64))![0];
    const after = this.text[this.position + found.length];
    return after === undefined || ENDS_WORD.test(after) ? found : '';
  }

  private keyword(word: string): void {
    if (this.nextWord() !== word) throw new Unreadable(`"${word}" is missing`);
    this.position += word.length;
  }

  private expect(sign: string): void {
    this.blanks();
    if (!this.is(sign)) throw new Unreadable(`"${sign}" is missing`);
    this.position += sign.length;
  }

  private is(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  private blanks(): void {
    for (;;) {
      if (!this.atEnd() && BLANK.test(this.text[this.position]!)) this.position++;
      else if (this.is('\\\n')) this.position += 2;
      else break;
    }
    const before = this.text[this.position - 1];
    if (this.is('#') && (before === undefined || ENDS_WORD.test(before))) {
      const end = this.text.indexOf('\n', this.position);
      this.position = end < 0 ? this.text.length : end;
    }
  }

  private newlines(): void {
    for (this.blanks(); this.is('\n'); this.blanks()) this.position++;
  }

  /** Ends of commands: line ends, `;` (but not `;;`) and `&` (but not `&&`). */
  private separators(): void {
    for (this.newlines(); (this.is(';') && !this.is(';;')) || (this.is('&') && !this.is('&&')); this.newlines()) this.position++;
  }
}
