/** Most characters of line breaks and of the blanks after them that count as one wrap; more of them end what was wrapped. */
const LONGEST_WRAP = 256;

/** A text without its line breaks and the blanks after them, as it was before a program wrapped it. */
export class Unwrapped {
  readonly text: string;
  /** Whether the wrapped text ends with a wrap. */
  readonly endsWrapped: boolean;
  /** Index in the unwrapped text of the character after each wrap that was taken out, and how many characters the wrapped one has more until then. */
  private readonly wraps: { readonly at: number; readonly gone: number }[] = [];

  /** @param begin index in `wrapped` from which it is looked at, where a character stands that is neither a blank nor a line break; all of it when left out */
  constructor(wrapped: string, private readonly begin = 0) {
    const kept: string[] = [];
    let from = begin;
    let gone = begin;
    for (let wrap = nextWrap(wrapped, begin); wrap; wrap = nextWrap(wrapped, wrap.to)) {
      if (wrap.to - wrap.from > LONGEST_WRAP) continue;
      kept.push(wrapped.slice(from, wrap.from));
      from = wrap.to;
      gone += wrap.to - wrap.from;
      this.wraps.push({ at: from - gone, gone });
    }
    this.endsWrapped = from > begin && from === wrapped.length;
    kept.push(wrapped.slice(from));
    this.text = kept.join('');
  }

  /** Where a character of the unwrapped text stands in the wrapped one. */
  indexOf(at: number): number {
    let low = 0;
    let high = this.wraps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.wraps[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return at + (low === 0 ? this.begin : this.wraps[low - 1]!.gone);
  }
}

/** The next run of line breaks with blanks after them. A CR at the end of the text may be the first half of one. */
function nextWrap(text: string, begin: number): { readonly from: number; readonly to: number } | undefined {
  const lineFeed = text.indexOf('\n', begin);
  if (lineFeed < 0) return text.endsWith('\r') && text.length > begin ? { from: text.length - 1, to: text.length } : undefined;
  let to = lineFeed + 1;
  for (; to < text.length; to++) {
    const c = text[to];
    if (c !== ' ' && c !== '\t' && c !== '\n' && !(c === '\r' && (to + 1 === text.length || text[to + 1] === '\n'))) break;
  }
  return { from: lineFeed > begin && text[lineFeed - 1] === '\r' ? lineFeed - 1 : lineFeed, to };
}
