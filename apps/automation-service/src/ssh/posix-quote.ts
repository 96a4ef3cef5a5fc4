/** A text that can be no part of a POSIX command: it holds NUL or half of a surrogate pair. */
export class UnquotableText extends Error {
  override readonly name = 'UnquotableText';
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** @throws UnquotableText for NUL and lone surrogates, which no POSIX argument can carry. */
export function assertQuotable(text: string): void {
  if (text.includes('\0')) throw new UnquotableText('the text contains a NUL character');
  if (LONE_SURROGATE.test(text)) throw new UnquotableText('the text contains half of a surrogate pair');
}

/**
 * One word of the POSIX shell that means exactly the text (POSIX.1-2017, 2.2.2).
 * @throws UnquotableText
 */
export function posixQuote(text: string): string {
  assertQuotable(text);
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
