import type { SpanStart } from './spans.js';
import { parseTraceparent } from './traceparent.js';

/** Most traces that one span is linked to. */
const MOST_LINKS = 16;

/**
 * Where the span of a batch belongs: in the one trace that all of it is about, else in a trace of its own that is linked to them.
 * Undefined when nobody records any of them: then it needs no span.
 * @param traceparents of what is in the batch
 */
export function batchPlace(traceparents: Iterable<string | null | undefined>): Pick<SpanStart, 'parent' | 'links'> | undefined {
  const recorded = new Set<string>();
  for (const text of traceparents) if (text && parseTraceparent(text)?.traceFlags === 1) recorded.add(text);
  const [first, second] = recorded;
  if (first === undefined) return undefined;
  return second === undefined ? { parent: first } : { parent: null, links: [...recorded].slice(0, MOST_LINKS) };
}
