import type { Json, JsonObject } from './plan.js';
import { follow, type PathPart, type Reference } from './references.js';

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
  /** A step as it was in the iteration before of the innermost loop; undefined in the first one, and when it was not reached. */
  readonly previous?: (id: string) => StepValue | undefined;
}

/** The value of a reference in canonical form (roots item, index, iteration, input, context, steps, previous); its default when there is none or it is null. */
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
    case 'steps': return ofStep(path, (id) => scope.step(id));
    case 'previous': return ofPrevious(path.slice(1), scope);
    default: return undefined;
  }
}

function ofStep(path: readonly PathPart[], stepOfId: (id: string) => StepValue | undefined): Json | undefined {
  const [id, part] = path;
  if (id?.kind !== 'name' || part?.kind !== 'name') return undefined;
  const step = stepOfId(id.name);
  return part.name === 'output' ? follow(step?.output, path, 2) : part.name === 'items' ? follow(step?.items, path, 2) : undefined;
}

/** Null when there was no such value at all; a field that it lacks is missing, as it is of any step. */
function ofPrevious(path: readonly PathPart[], scope: Scope): Json | undefined {
  const whole = ofStep(path.slice(0, 2), (id) => scope.previous?.(id));
  return whole === undefined || whole === null ? null : follow(whole, path, 2);
}

/** Steps of which a reference in canonical form needs a value. */
export function stepOf({ root, path }: Reference): { readonly id: string; readonly part: 'output' | 'items' } | undefined {
  const [id, part] = path;
  if (root !== 'steps' || id?.kind !== 'name') return undefined;
  return { id: id.name, part: part?.kind === 'name' && part.name === 'items' ? 'items' : 'output' };
}

/** The step that a reference in canonical form (`previous.steps.<id>.output|items`) means as it was in the iteration before. */
export function previousOf({ root, path }: Reference): ReturnType<typeof stepOf> {
  return root === 'previous' ? stepOf({ root: 'steps', path: path.slice(1), text: '' }) : undefined;
}

/** The input of the plan that a reference in canonical form means; undefined when it means something else. */
export function inputName({ root, path: [first] }: Reference): string | undefined {
  return root === 'input' && first?.kind === 'name' ? first.name : undefined;
}
