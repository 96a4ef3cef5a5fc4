import type { Json, JsonObject } from '../plan.js';
import type { Scope, StepValue } from '../scope.js';

type Values = Readonly<Record<string, Partial<StepValue>>>;

/** A scope with nothing in it but what is given. For specs. */
export function scope({ steps = {}, previous = {}, ...more }: { item?: Json; index?: number; input?: JsonObject; context?: JsonObject; steps?: Values; previous?: Values } = {}): Scope {
  const [known, before] = [steps, previous].map((values) => new Map(Object.entries(values).map(([id, s]) => [id, { output: s.output, items: s.items }])));
  return { input: {}, context: {}, ...more, step: (id) => known!.get(id), previous: (id) => before!.get(id) };
}
