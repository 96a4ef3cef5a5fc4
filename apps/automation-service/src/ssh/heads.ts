/** Characters at the beginning of a text by which it is found. */
export const HEAD = 4;
const TABLE_BITS = 14;

/** The first four characters of texts, each of one byte, as one number. A look into a table says of nearly all others that they are none of them. */
export class Heads {
  private readonly numbers = new Set<number>();
  private readonly table = new Uint8Array(2 ** TABLE_BITS);

  /** @param texts of {@link HEAD} characters and more */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      let head = 0;
      for (let i = 0; i < HEAD; i++) head = withNext(head, text.charCodeAt(i));
      this.numbers.add(head);
      this.table[slot(head)] = 1;
    }
  }

  has(head: number): boolean {
    return this.table[slot(head)] === 1 && this.numbers.has(head);
  }
}

/** The last four characters with one more after them. */
export function withNext(head: number, character: number): number {
  return (head << 8) | character;
}

function slot(head: number): number {
  return Math.imul(head, 0x9e3779b1) >>> (32 - TABLE_BITS);
}

const [TAB, LINE_FEED, CARRIAGE_RETURN, BLANK] = [9, 10, 13, 32];

/**
 * Whether anything of `plain` may begin in a text, or of `wrapped` in its view without line breaks and the blanks after them. One pass and no copies: most texts hold nothing,
 * and need no closer look. It may say yes where a closer look finds nothing, never no where it finds something.
 */
export function mayHold(text: string, plain: Heads, wrapped: Heads): boolean {
  const { length } = text;
  let head = 0;
  let unwrapped = 0;
  let isInWrap = false;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    head = withNext(head, c);
    if (plain.has(head)) return true;
    if (c === LINE_FEED || c === CARRIAGE_RETURN) isInWrap = true;
    else if (!isInWrap || (c !== BLANK && c !== TAB)) {
      isInWrap = false;
      unwrapped = withNext(unwrapped, c);
      if (wrapped.has(unwrapped)) return true;
    }
  }
  return false;
}

/** Index from which a text has so many characters that are no blanks and no line breaks; 0 when it has fewer. */
export function lastCharacters(text: string, count: number): number {
  let left = count;
  for (let i = text.length - 1; i >= 0; i--) {
    const c = text.charCodeAt(i);
    if (c !== TAB && c !== LINE_FEED && c !== CARRIAGE_RETURN && c !== BLANK && --left === 0) return i;
  }
  return 0;
}
