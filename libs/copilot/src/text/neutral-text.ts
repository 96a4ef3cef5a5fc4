/** A message made safe to read: what is hidden in it is shown to people and removed for the rules. */
export interface NeutralText {
  /** For the rules: NFKC, hidden characters removed, straight quotes, runs of blanks as one, line breaks kept. */
  readonly text: string;
  /** For people: as written, hidden characters as `⟨U+202E⟩`. */
  readonly shown: string;
  /** Hidden characters by their code point, each once. */
  readonly hidden: readonly string[];
  /** Words that mix Latin letters with look-alikes of other scripts. */
  readonly mixed: readonly string[];
}

/** Format characters (bidi controls and isolates, zero width, soft hyphen, tags), fillers and controls other than tab and line ends. */
const HIDDEN = /[\p{Cf}\u115F\u1160\u3164\uFFA0\u034F\u17B4\u17B5\uFE00-\uFE0F\u{E0100}-\u{E01EF}]|(?![\t\n\r])\p{Cc}|\p{Cs}/gu;
const LOOK_ALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;

export function neutralText(message: string): NeutralText {
  const found = new Set<string>();
  const shown = message.replace(HIDDEN, (c) => {
    const name = `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
    found.add(name);
    return `⟨${name}⟩`;
  });
  const text = message.normalize('NFKC').replace(HIDDEN, '')
    .replace(/[\u2018\u2019\u201B\u02BC\u0060\u00B4](?=(?:t|s|d|m|re|ve|ll)\b)/g, "'")
    .replace(/[\u2018\u2019\u201A\u201B]/g, "'").replace(/[\u201C-\u201F\u00AB\u00BB]/g, '"').replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[^\S\n]+/g, ' ').replace(/ ?\n ?/g, '\n').trim();
  const mixed = text.split(/\s+/).filter((w) => LOOK_ALIKE.test(w) && /[A-Za-z]/.test(w));
  return { text, shown, hidden: [...found], mixed };
}

/** A value of the inventory or a host as it may stand in a sentence: hidden characters visible, one line, at most 200 characters. */
export function showable(value: string): string {
  return neutralText(value.slice(0, 200)).shown.replace(/\s+/g, ' ');
}
