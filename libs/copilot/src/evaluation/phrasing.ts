/**
 * What must become of a message:
 * `act`: a plan that changes something; `read`: a plan that only reads; `ask`: a question back; `tell`: an answer without a plan;
 * `refuse`: a no, for secrets and for what can't be done.
 */
export const OUTCOMES = ['act', 'read', 'ask', 'tell', 'refuse'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One phrasing with what is expected of it. `slots` need not be all: each that is named must have this value. */
export interface Phrasing {
  readonly say: string;
  readonly outcome: Outcome;
  /** Key of the action, or of the kind of question. */
  readonly intent?: string;
  readonly slots?: Readonly<Record<string, unknown>>;
}

/** A compact row: outcome, what is said, intent, slots. */
export type Row = readonly [Outcome, string, string?, Readonly<Record<string, unknown>>?];

export function phrasings(rows: readonly Row[]): Phrasing[] {
  return rows.map(([outcome, say, intent, slots]) => ({ say, outcome, ...(intent === undefined ? {} : { intent }), ...(slots === undefined ? {} : { slots }) }));
}
