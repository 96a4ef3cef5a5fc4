import { Scanner } from './posix-scanner.js';
import { MOST_DEPTH, Unreadable, type Command, type Redirection, type Word } from './posix-syntax.js';
import { WordReader } from './posix-words.js';

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
  const found: Command[] = [];
  whole(script, { found, depth: 0 });
  return found;
}

interface Nesting { readonly found: Command[]; readonly depth: number }

function whole(script: string, nesting: Nesting): void {
  const scan = new Scanner(script);
  new Grammar(scan, nesting).list();
  if (!scan.atEnd()) scan.unexpected();
}

/** The grammar of commands; what it finds is added to the list that all levels share. */
class Grammar {
  private readonly words: WordReader;
  private level = 0;

  constructor(private readonly scan: Scanner, private readonly nesting: Nesting) {
    if (nesting.depth > MOST_DEPTH) throw new Unreadable('it is nested too deep');
    const inner = { found: nesting.found, depth: nesting.depth + 1 };
    this.words = new WordReader(scan, (script, closing) => {
      if (typeof script === 'string') return whole(script, inner);
      new Grammar(script, inner).list();
      script.expect(closing!);
    });
  }

  /** Commands up to the end, a closing bracket, `;;` or a closing word, which stay unread. */
  list(): void {
    const { scan } = this;
    for (;;) {
      scan.separators();
      if (scan.atEnd() || scan.is(')') || scan.is(';;') || CLOSING.has(scan.nextWord())) return;
      this.command();
      scan.blanks();
      if (scan.is('&&') || scan.is('||') || scan.is('|&')) this.joined(2);
      else if (scan.is('|')) this.joined(1);
      else if (!scan.atEnd() && !/[;&\n)]/.test(scan.sign())) scan.unexpected();
    }
  }

  private joined(length: number): void {
    const { scan } = this;
    scan.position += length;
    scan.newlines();
    if (scan.atEnd() || /[;&|)]/.test(scan.sign())) throw new Unreadable('a command is missing');
  }

  private command(): void {
    if (++this.level > MOST_DEPTH) throw new Unreadable('it is nested too deep');
    this.commandHere();
    this.level--;
  }

  private commandHere(): void {
    const { scan } = this;
    scan.blanks();
    if (scan.is('((')) throw new Unreadable('arithmetic is not read');
    if (scan.is('(')) {
      scan.position++;
      this.list();
      scan.expect(')');
      return this.compound();
    }
    const first = scan.nextWord();
    if (UNSUPPORTED.has(first)) throw new Unreadable(`"${first}" is not read`);
    switch (first) {
      case '!': scan.position++; return this.command();
      case '{': scan.position++; this.list(); scan.keyword('}'); return this.compound();
      case 'if': return this.conditional();
      case 'while':
      case 'until': scan.position += first.length; this.list(); scan.keyword('do'); this.list(); scan.keyword('done'); return this.compound();
      case 'for': return this.forLoop();
      case 'case': return this.choice();
      default: return this.simple();
    }
  }

  private conditional(): void {
    const { scan } = this;
    scan.position += 2;
    this.list();
    scan.keyword('then');
    this.list();
    while (scan.nextWord() === 'elif') {
      scan.keyword('elif');
      this.list();
      scan.keyword('then');
      this.list();
    }
    if (scan.nextWord() === 'else') {
      scan.keyword('else');
      this.list();
    }
    scan.keyword('fi');
    this.compound();
  }

  private forLoop(): void {
    const { scan } = this;
    scan.position += 3;
    scan.blanks();
    const variable = scan.nextWord();
    if (!/^[A-Za-z_]\w*$/.test(variable)) throw new Unreadable('a loop without a variable');
    scan.position += variable.length;
    scan.newlines();
    if (scan.nextWord() === 'in') {
      scan.position += 2;
      for (scan.blanks(); !scan.atEnd() && !/[;\n]/.test(scan.sign()); scan.blanks()) this.words.word();
    }
    scan.separators();
    scan.keyword('do');
    this.list();
    scan.keyword('done');
    this.compound(variable);
  }

  private choice(): void {
    const { scan } = this;
    scan.position += 4;
    scan.blanks();
    this.words.word();
    scan.newlines();
    scan.keyword('in');
    for (scan.newlines(); scan.nextWord() !== 'esac'; scan.newlines()) {
      if (scan.is('(')) scan.position++;
      for (;;) {
        scan.blanks();
        this.words.word();
        scan.blanks();
        if (!scan.is('|')) break;
        scan.position++;
      }
      scan.expect(')');
      this.list();
      if (!scan.is(';;')) break;
      scan.position += 2;
    }
    scan.keyword('esac');
    this.compound();
  }

  private compound(variable?: string): void {
    const redirections: Redirection[] = [];
    for (this.scan.blanks(); this.redirection(redirections); this.scan.blanks());
    this.nesting.found.push({ kind: 'compound', variable, redirections });
  }

  private simple(): void {
    const { scan } = this;
    const redirections: Redirection[] = [];
    const words: Word[] = [];
    const assignments: string[] = [];
    const begin = scan.position;
    for (scan.blanks(); !scan.atEnd() && !/[\n;&|)]/.test(scan.sign()); scan.blanks()) {
      if (this.redirection(redirections)) continue;
      const name = words.length === 0 ? /^([A-Za-z_]\w*)(\[[^\]\s]*\])?\+?=/.exec(scan.ahead(300))?.[1] : undefined;
      const word = this.words.word();
      if (name === undefined) words.push(word);
      else assignments.push(name);
      if (scan.is('(')) throw new Unreadable('functions and lists of values are not read');
    }
    if (scan.position === begin) throw new Unreadable('a command is missing');
    this.nesting.found.push({ kind: 'simple', assignments, words, redirections });
  }

  private redirection(into: Redirection[]): boolean {
    const { scan } = this;
    const operator = /^\d*(<<<|<<-?|<>|<&|>>|>\||>&|<|>)/.exec(scan.ahead(12));
    if (!operator) return false;
    scan.position += operator[0].length;
    if (operator[1]!.startsWith('<<')) throw new Unreadable('here-documents are not read');
    if (scan.is('(')) throw new Unreadable('process substitution is not read');
    scan.blanks();
    into.push({ operator: operator[1] as Redirection['operator'], target: this.words.word() });
    return true;
  }
}
