import type { ActionIntent } from '../intent/intent.js';
import type { Selection } from '../slots/selection.js';
import type { SlotSpec } from '../templates/template.js';

/** A suggestion of a question; anything else of the kind may be answered. */
export interface Option {
  readonly label: string;
  /** What is taken when the option is chosen: the text that a person would have written. */
  readonly value: string;
}

/** What a question is about. */
export type Asked =
  | { readonly kind: 'slot'; readonly slot: string; readonly spec: SlotSpec }
  | { readonly kind: 'targets' }
  | { readonly kind: 'confirm' };

/** A question that waits for its answer. Plain JSON: it survives a restart. */
export interface Pending {
  readonly asked: Asked;
  /** Everything wanted, and which of it is asked about. */
  readonly intents: readonly ActionIntent[];
  readonly index: number;
  readonly question: string;
  readonly options: readonly Option[];
  /** How many answers were not understood. */
  readonly misses: number;
}

/** What is kept of a conversation between two messages. Plain JSON. */
export interface ConversationState {
  readonly version: 1;
  readonly pending: Pending | null;
  /** The assets that were last spoken of, for `there` and `those hosts`. */
  readonly focus: Selection | null;
  /** What was read last, for `and on web-02?`; null after anything else. Absent in what an earlier version kept. */
  readonly last?: ActionIntent | null;
}

export const NEW_CONVERSATION: ConversationState = { version: 1, pending: null, focus: null, last: null };
