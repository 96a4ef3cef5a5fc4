import type { Threshold } from '../slots/threshold.js';

export const UNITS = ['bytes', 'percent', 'milliseconds', 'seconds', 'time'] as const;
export type Unit = (typeof UNITS)[number];

/** One column of a table: where in an output (or in a row of it) its value is. */
export interface Column {
  readonly title: string;
  /** Names with dots between, from the output or from a row of it. */
  readonly path: string;
  readonly unit?: Unit;
  /** Where the value is a list of objects: this field of each of them, only of those with the given values. */
  readonly each?: { readonly path: string; readonly where?: Readonly<Record<string, string>> };
}

/** Which rows of a table a bound leaves. */
export interface RowFilter {
  /** Title of the column. */
  readonly column: string;
  readonly than: Threshold['than'];
  readonly value: number;
  /** As it was said. */
  readonly said: string;
}

/**
 * How the answer is computed from the outputs of a run. It holds no figure: all figures come from results.
 * `value`: a field of the assets found; `count`: how many; `groups`: how many by a field; `exists`: whether there is any; `assets`: a list of them;
 * `table`: a row for each item, or for each row in the list that an item gives; `outcome`: what became of each item of an action.
 */
export type AnswerDescription =
  | { readonly kind: 'value'; readonly step: string; readonly subject: string; readonly field: string }
  | { readonly kind: 'count'; readonly step: string; readonly subject: string }
  | { readonly kind: 'groups'; readonly step: string; readonly subject: string; readonly by: string }
  | { readonly kind: 'exists'; readonly step: string; readonly subject: string }
  | { readonly kind: 'assets'; readonly step: string; readonly subject: string; readonly fields: readonly string[] }
  | { readonly kind: 'table'; readonly step: string; readonly subject: string; readonly rows?: string; readonly columns: readonly Column[]; /** Rows that are told: those with a figure within a bound, and what failed. */ readonly where?: RowFilter }
  | { readonly kind: 'outcome'; readonly step: string; readonly subject: string };
