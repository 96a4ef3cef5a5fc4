import type { AdaptationView } from '@opsmesh/contracts';
import { textOf, type DatedEntry } from './stored-history.js';

/** What an entry `step.adapted` says. */
export function toAdaptation({ at, entry: [, , , data] }: DatedEntry): AdaptationView {
  const detail = Object.fromEntries(Object.entries(data).filter(([field]) => field !== 'cause' && field !== 'effect'));
  return { at: at.toISOString(), cause: textOf(data, 'cause'), effect: textOf(data, 'effect') ?? '', detail };
}
