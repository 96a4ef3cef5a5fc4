import type { ChatCachedView, ItemView } from '@opsmesh/contracts';
import { timeSpan } from './units.js';

/** Where an item has its output from when nothing was called for it; null when it was called. */
export function cachedView({ cachedFrom, finishedAt }: ItemView): ChatCachedView | null {
  if (!cachedFrom) return null;
  const { runId, step, item, at } = cachedFrom;
  return { at, age_ms: finishedAt === null ? 0 : Math.max(0, new Date(finishedAt).getTime() - new Date(at).getTime()), url: `/runs/${runId}/steps/${encodeURIComponent(step)}/items/${item}` };
}

/** How many items an earlier result answered for, and how old it was; nothing to say when there are none. */
export function cachedSentence(items: readonly ItemView[]): { readonly sentences: readonly string[]; readonly figures: Readonly<Record<string, number>> } {
  const ages = items.flatMap((i) => cachedView(i)?.age_ms ?? []);
  if (ages.length === 0) return { sentences: [], figures: {} };
  const [least, most] = [Math.min(...ages), Math.max(...ages)];
  const told = (ms: number): string => timeSpan(Math.floor(ms / 1000));
  const age = told(least) === told(most) ? told(most) : `${told(least)} to ${told(most)}`;
  const whom = items.length === 1 ? 'It was not asked anew: an earlier result answers' : `${ages.length} of ${items.length} were not asked anew: an earlier result answers`;
  return { sentences: [`${whom}, ${age} old.`], figures: { cached: ages.length, 'cached most ms': most } };
}
