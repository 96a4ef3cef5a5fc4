/**
 * Arrays as parameters of a statement, written so that hardly anything must be escaped: the driver's own way costs more than the rows.
 * `plainArray` is a literal that is cast (`$1::int[]`); `textArray` is one text that the statement splits with {@link split}.
 */

/** Numbers, uuids and words of our own (letters, digits, `_`, `-`, `.`), or null. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map((v) => v ?? 'NULL').join()}}`;
}

const SEPARATOR = '\u001e';
const NOTHING = '\u001d';

/** JSON texts, which hold no control characters, or null. */
export function textArray(values: readonly (string | null)[]): string {
  return values.map((v) => v ?? NOTHING).join(SEPARATOR);
}

/** SQL that gives the elements of a {@link textArray} parameter. */
export function split(parameter: string): string {
  return `string_to_array(${parameter}, E'\\x1e', E'\\x1d')`;
}
