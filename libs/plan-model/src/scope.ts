import type { Json, JsonObject } from './plan.js';
import { follow, type Reference } from './references.js';

/** Value of an earlier step. For a fan-out `output` is the list of the outputs of its succeeded items, `items` all of them. */
export interface StepValue {
  readonly output: Json | undefined;
  readonly items: Json[] | undefined;
}

/** Everything that a reference of a compiled plan can mean. */
export interface Scope {
  readonly item?: Json;
  readonly index?: number;
  /** Number of the iteration of the innermost loop, from 0. In `while` it is the one that would begin, in `until` the one that has ended. */
  readonly iteration?: number;
  readonly input: JsonObject;
  readonly context: JsonObject;
  step(id: string): StepValue | undefined;
}

/** The value of a reference in canonical form (roots item, index, iteration, input, context, steps); its default when there is none or it is null. */
export function lookUp(reference: Reference, scope: Scope): Json | undefined {
  const value = found(reference, scope);
  return (value === undefined || value === null) && reference.fallback ? reference.fallback.value : value;
}

function found({ root, path }: Reference, scope: Scope): Json | undefined {
  switch (root) {
    case 'item': return follow(scope.item, path);
    case 'index': return path.length === 0 ? scope.index : undefined;
    case 'iteration': return path.length === 0 ? scope.iteration : undefined;
    case 'input': return follow(scope.input, path);
    case 'context': return follow(scope.context, path);
    case 'steps': {
      const [id, part] = path;
      if (id?.kind !== 'name' || part?.kind !== 'name') return undefined;
      const step = scope.step(id.name);
      return part.name === 'output' ? follow(step?.output, path, 2) : part.name === 'items' ? follow(step?.items, path, 2) : undefined;
    }
    default: return undefined;
  }
}

/** Steps of which a reference in canonical form needs a value. */
export function stepOf({ root, path }: Reference): { readonly id: string; readonly part: 'output' | 'items' } | undefined {
  const [id, part] = path;
  if (root !== 'steps' || id?.kind !== 'name') return undefined;
  return { id: id.name, part: part?.kind === 'name' && part.name === 'items' ? 'items' : 'output' };
}

/** The input of the plan that a reference in canonical form means; undefined when it means something else. */
export function inputName({ root, path: [first] }: Reference): string | undefined {
  return root === 'input' && first?.kind === 'name' ? first.name : undefined;
}
