import { ENDS_WORD, type Scanner } from './posix-scanner.js';
import { Unreadable, type Word } from './posix-syntax.js';

/** Stands in a script for a value that is not known yet: one piece of data, which may be anything, an option too. */
export const UNKNOWN_VALUE = '\uE000';

/** Reads the commands of a substitution, up to the end of the script or, with `closing`, up to that sign; the scanner is left after it. */
export type ReadSubstitution = (script: Scanner | string, closing?: string) => void;

/** Reads words (POSIX.1-2017, 2.2, 2.3 and 2.6): quotes are removed, and what is only known when it runs is left out and told. */
export class WordReader {
  constructor(private readonly scan: Scanner, private readonly substitution: ReadSubstitution) {}

  /** @throws Unreadable */
  word(): Word {
    const { scan } = this;
    const begin = scan.position;
    let text = '';
    let expands: Word['expands'] = 'nothing';
    const becomes = (splits: boolean): void => {
      if (expands === 'anything' || (expands === 'operand' && !splits)) return;
      expands = !splits && text !== '' && !text.startsWith('-') ? 'operand' : 'anything';
    };
    while (!scan.atEnd() && !ENDS_WORD.test(scan.sign())) {
      const c = scan.sign();
      if (c === '\\') {
        scan.position += 2;
        if (scan.position > scan.text.length) throw new Unreadable('it ends after a backslash');
        if (scan.text[scan.position - 1] !== '\n') text += scan.text[scan.position - 1]!;
      } else if (c === "'") text += scan.until("'");
      else if (c === '"') text += this.doubleQuoted(text, (splits, before) => { const was = text; text = before; becomes(splits); text = was; });
      else if (c === '$' || c === '`') {
        if (this.expansion()) becomes(true);
        else text += '$';
      } else {
        // Globs never split and keep what stands before them. A brace can make several words of one.
        if (/[*?]/.test(c) || /^\[[^\s\]]*\]/.test(scan.ahead(100))) becomes(false);
        else if (c === '{' && !scan.is('{}')) becomes(true);
        text += c;
        scan.position++;
      }
    }
    const unknown = text.indexOf(UNKNOWN_VALUE);
    if (unknown >= 0) {
      text = text.slice(0, unknown);
      becomes(false);
    }
    if (scan.position === begin) throw new Unreadable(scan.is('(') ? 'functions are not read' : 'a word is missing');
    return { text, expands };
  }

  /** `found` is told of each expansion, with the word's text before it. */
  private doubleQuoted(outer: string, found: (splits: boolean, before: string) => void): string {
    const { scan } = this;
    scan.position++;
    let text = '';
    for (;;) {
      if (scan.atEnd()) throw new Unreadable('a quote is not closed');
      const c = scan.sign();
      if (c === '"') {
        scan.position++;
        return text;
      }
      if (c === '\\' && /[$`"\\\n]/.test(scan.text[scan.position + 1] ?? '')) {
        if (scan.text[scan.position + 1] !== '\n') text += scan.text[scan.position + 1]!;
        scan.position += 2;
      } else if (c === '$' || c === '`') {
        const isList = /^\$[{]?[@*]/.test(scan.ahead(3));
        if (this.expansion()) found(isList, outer + text);
        else text += '$';
      } else {
        text += c;
        scan.position++;
      }
    }
  }

  /** Reads what begins with `$` or a backquote. @returns false for a `$` that means itself */
  private expansion(): boolean {
    const { scan } = this;
    if (scan.is('`')) {
      this.substitution(scan.until('`', true).replace(/\\([$`\\])/g, '$1'));
      return true;
    }
    if (scan.is('$((')) throw new Unreadable('arithmetic is not read');
    if (scan.is('$(')) {
      scan.position += 2;
      this.substitution(scan, ')');
      return true;
    }
    if (scan.is("$'") || scan.is('$"') || scan.is('$[')) throw new Unreadable(`"${scan.ahead(2)}" is not read`);
    const name = /^\$(\{([A-Za-z_]\w*|\d+|[@*#?$!-])\}|[A-Za-z_]\w*|[0-9@*#?$!-])/.exec(scan.ahead(300));
    if (!name && scan.is('${')) throw new Unreadable('only ${name} is read of what begins so');
    scan.position += name ? name[0].length : 1;
    return name !== null;
  }
}
