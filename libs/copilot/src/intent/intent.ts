import type { Selection } from '../slots/selection.js';
import type { Threshold } from '../slots/threshold.js';
import type { SlotValue } from '../templates/template.js';

/** A question about the inventory that an asset query answers. */
export interface AssetQuestion {
  readonly kind: 'value' | 'count' | 'assets' | 'groups' | 'exists';
  readonly selection: Selection;
  /** `value`: the field wanted; `groups`: the field counted by. */
  readonly field: string | null;
  /** Assets added or changed in a span of time. */
  readonly time: { readonly field: 'created_at' | 'updated_at'; readonly after?: string; readonly before?: string } | null;
  readonly sort: string | null;
  readonly limit: number | null;
}

/** Something to do: one action with what was said for its slots. Plain JSON. */
export interface ActionIntent {
  readonly kind: 'action';
  /** Key of the action, or `tool:<name>` for a tool that is called by its own name. */
  readonly action: string;
  readonly changes: boolean;
  readonly values: Readonly<Record<string, SlotValue>>;
  readonly selection: Selection;
  /** Reasons to ask before planning a change, in words. */
  readonly doubts: readonly string[];
  /** A bound to the figures that are asked for. Absent in what an earlier version kept. */
  readonly threshold?: Threshold | null;
  /** Whether it comes after the one before it, and not beside it. */
  readonly afterPrevious: boolean;
}

export type TellTopic = 'negated' | 'hypothetical' | 'about-change' | 'suspicious' | 'small-talk' | 'help' | 'tools' | 'tool' | 'templates' | 'how-to';

export type Intent =
  | ActionIntent
  | { readonly kind: 'assets'; readonly question: AssetQuestion }
  | { readonly kind: 'tell'; readonly topic: TellTopic; readonly about: string }
  | { readonly kind: 'refuse'; readonly reason: 'secret' | 'unsupported' | 'unknown' | 'too-much'; readonly about: string };
