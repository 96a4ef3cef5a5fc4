import type { Json, JsonObject } from '../plan.js';
import type { Scope, StepValue } from '../scope.js';

/** A scope with nothing in it but what is given. For specs. */
export function scope({ steps = {}, ...more }: { item?: Json; index?: number; input?: JsonObject; context?: JsonObject; steps?: Record<string, Partial<StepValue>> } = {}): Scope {
  const known = new Map(Object.entries(steps).map(([id, s]) => [id, { output: s.output, items: s.items }]));
  return { input: {}, context: {}, ...more, step: (id) => known.get(id) };
}
