import type { AnswerDescription } from '../answer/answer.js';
import type { Json, JsonObject } from '../plan/plan-document.js';

export const CATEGORIES = ['asset-management', 'automation', 'coordination', 'report', 'network'] as const;

/**
 * What may be given for a slot; each has a reader (slots/read-slots.ts). `assets` is a selection of the inventory, `endpoints` are addresses and names
 * that need not be in it.
 */
export const SLOT_TYPES = [
  'assets', 'endpoints', 'service', 'drive', 'path', 'ports', 'count', 'limit', 'seconds', 'since', 'until', 'pattern', 'command', 'pid', 'process', 'order', 'user', 'tag', 'tags', 'status',
  'environment', 'location', 'hostname', 'address', 'os', 'domain', 'record-type', 'log', 'levels', 'destination', 'text',
] as const;
export type SlotType = (typeof SLOT_TYPES)[number];
/** Free text: it enters a plan as one of its inputs, which are never searched for references. */
export const FREE_TEXT: ReadonlySet<SlotType> = new Set(['service', 'path', 'pattern', 'command', 'process', 'user', 'os', 'location', 'environment', 'log', 'destination', 'text']);

export interface SlotSpec {
  readonly type: SlotType;
  readonly required: boolean;
  /** The question when it is missing. */
  readonly ask?: string;
  /** Suggestions; anything else of the type is taken too. */
  readonly options?: readonly string[];
}

/**
 * A plan with slots. In `steps`, `{"$slot": "name"}` stands for the value of a slot (a key whose slot is not given is left out), `{"$filters": true}` for the
 * filters of the assets meant, `{"$eachHost": step}` for one step for each named host.
 */
export interface Template {
  readonly id: string;
  /** Grows with every change. */
  readonly version: number;
  readonly title: string;
  readonly description: string;
  readonly category: (typeof CATEGORIES)[number];
  /** What it is for; templates with the same action are alternatives, or are used together when they are for different platforms. */
  readonly action: string;
  /** The hosts it is for; null: any. */
  readonly platform: 'linux' | 'windows' | null;
  readonly slots: Readonly<Record<string, SlotSpec>>;
  /** How people ask for it, for templates whose action no rule knows. */
  readonly phrases: readonly string[];
  readonly steps: readonly JsonObject[];
  readonly answer: AnswerDescription;
}

/** A value of a slot. `assets` slots are kept apart, as a selection. */
export type SlotValue = Json;
