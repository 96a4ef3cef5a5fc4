import type { Vocabulary } from './facts.js';

export type ValueKind = 'tag' | 'environment' | 'location';

/** The values of a vocabulary by their lower-case spelling; texts that could be read as a reference of a plan are left out. */
export interface ValueIndex {
  readonly tag: ReadonlyMap<string, string>;
  readonly environment: ReadonlyMap<string, string>;
  readonly location: ReadonlyMap<string, string>;
  /** Operating systems as spelled in the inventory. */
  readonly os: readonly string[];
  /** Locations and environments of several words, longest first. */
  readonly phrases: readonly { readonly kind: ValueKind; readonly lower: string; readonly value: string }[];
}

const kept = new WeakMap<Vocabulary, ValueIndex>();

export function valueIndex(vocabulary: Vocabulary): ValueIndex {
  let index = kept.get(vocabulary);
  if (!index) kept.set(vocabulary, index = build(vocabulary));
  return index;
}

/** Whether a text of the inventory is harmless in a plan: short, one line, and nothing of a reference in it. */
export function isPlainValue(value: string): boolean {
  return value.length > 0 && value.length <= 128 && !/[<>{}\p{Cc}\p{Cf}]/u.test(value);
}

function build(vocabulary: Vocabulary): ValueIndex {
  const map = (values: readonly string[]): Map<string, string> => new Map(values.filter(isPlainValue).map((v) => [v.toLowerCase(), v]));
  const tag = map(vocabulary.tags);
  const environment = map(vocabulary.environments);
  const location = map(vocabulary.locations);
  const phrases = ([['environment', environment], ['location', location], ['tag', tag]] as const)
    .flatMap(([kind, values]) => [...values].filter(([lower]) => /\s/.test(lower)).map(([lower, value]) => ({ kind, lower, value })))
    .sort((a, b) => b.lower.length - a.lower.length);
  return { tag, environment, location, os: vocabulary.operatingSystems.filter(isPlainValue), phrases };
}
