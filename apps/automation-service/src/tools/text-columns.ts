/** Characters that take two columns on a terminal (Unicode Standard Annex 11, wide and fullwidth), as wcwidth(3) counts them, in their larger blocks. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
/** Characters that take none. */
const NARROWEST = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** A line that a program printed in columns, before and from a column on (from 0). What takes two columns and begins before it is before it. */
export function splitAtColumn(line: string, column: number): [before: string, from: string] {
  let at = 0;
  let columns = 0;
  for (const character of line) {
    const width = NARROWEST.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    if (columns >= column && width > 0) break;
    columns += width;
    at += character.length;
  }
  return [line.slice(0, at), line.slice(at)];
}
