/** A part of the message between quotation marks: data, never an instruction. */
export interface Quote {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One sentence of a message. `plain` has the same length as `text`, with what is quoted covered. */
export interface Sentence {
  readonly text: string;
  readonly plain: string;
  readonly quotes: readonly Quote[];
  /** Whether it ends with a question mark. */
  readonly asks: boolean;
}

const COVER = '\u25A1';
const QUOTED = /```[^]*?```|`[^`]*`|"[^"]*"|(?<![\p{L}\p{N}])'[^']*'(?![\p{L}\p{N}])/gu;
/** A quoted word that could be a name is read as the word. */
const NAME_ONLY = /^[\p{L}\p{N}_][\p{L}\p{N}_.@:/*-]{0,62}$/u;

/** Cuts a neutral text into sentences, outside quotes only. Lines that quote (`> ...`) are covered as a whole. */
export function sentencesOf(text: string): Sentence[] {
  const quotes: Quote[] = [];
  const covered = text
    .replace(/^>.*$/gm, (line) => COVER.repeat(line.length))
    .replace(QUOTED, (all, start: number) => {
      const marks = all.startsWith('```') ? 3 : 1;
      const inner = all.slice(marks, -marks);
      quotes.push({ text: inner, start, end: start + all.length });
      return NAME_ONLY.test(inner.trim()) ? ' '.repeat(marks) + inner + ' '.repeat(marks) : COVER.repeat(all.length);
    });
  const found: Sentence[] = [];
  let start = 0;
  for (const end of ends(covered)) {
    const asks = covered[end - 1] === '?';
    const plain = covered.slice(start, asks || /[.!;]/.test(covered[end - 1] ?? '') ? end - 1 : end);
    const lead = plain.length - plain.trimStart().length;
    const from = start + lead;
    const to = start + plain.trimEnd().length;
    if (to > from) {
      found.push({
        text: text.slice(from, to), plain: covered.slice(from, to), asks,
        quotes: quotes.filter((q) => q.start >= from && q.start < to).map((q) => ({ text: q.text, start: q.start - from, end: q.end - from })),
      });
    }
    start = end;
  }
  return found;
}

/** Where sentences end: after `.`, `!`, `?` or `;` before a blank, at line ends, and at the end. */
function ends(text: string): number[] {
  const all = [...text.matchAll(/(?<![.!?;])[.!?;]+(?=\s|$)|\n/g)].map((m) => m.index + m[0].length);
  return all.at(-1) === text.length ? all : [...all, text.length];
}

/** A word with its place. */
export interface Word {
  readonly text: string;
  readonly lower: string;
  readonly start: number;
  readonly end: number;
}

/** The words of a sentence without punctuation at their ends. */
export function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[^\s,;()[\]{}"'!?\u25A1]+(?:'[a-z]+)?/gu)].flatMap((m) => {
    const word = m[0].replace(/(?<![.:])[.:]+$/, '').replace(/'s$/, '');
    return word === '' ? [] : [{ text: word, lower: word.toLowerCase(), start: m.index, end: m.index + word.length }];
  });
}
