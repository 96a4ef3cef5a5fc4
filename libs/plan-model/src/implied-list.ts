import type { StepOutput } from './output-schemas.js';
import type { Plan } from './parsed-plan.js';
import type { PlanScopes } from './plan-scopes.js';
import type { PathPart, Reference } from './references.js';
import { pathText } from './references.js';
import type { DraftStep } from './resolve-step.js';
import { placeOf, UNKNOWN, walk } from './schema-walk.js';
import { stepOf } from './scope.js';

export type ImpliedList = { readonly kind: 'list'; readonly reference: Reference } | { readonly kind: 'none' } | { readonly kind: 'ambiguous'; readonly steps: readonly string[] };

/**
 * The list that `item` means in a step without `forEach`: the list output of the nearest earlier step whose tool declares one. Among steps that the
 * step depends on by name only those count, and a list whose elements lack a field that the step uses is not meant. Two of which neither is built on the
 * other are ambiguous.
 */
export function impliedList(index: number, { plan, drafts, outputs, scopes }: { plan: Plan; drafts: readonly DraftStep[]; outputs: readonly StepOutput[]; scopes: PlanScopes }): ImpliedList {
  // A step that maps its output may not have the list any more.
  const before = plan.steps.slice(0, index).map((_, i) => i).filter((i) => outputs[i]!.list !== undefined && plan.steps[i]!.outputMapping === null && scopes.isVisible(index, i));
  const named = before.filter((i) => plan.steps[index]!.dependsOn?.includes(plan.steps[i]!.id));
  const possible = named.length > 0 ? named : before;
  const schemas = new Set(possible.map((i) => outputs[i]!.schema));
  const fits = new Map([...schemas].map((schema) => [schema, hasFields(outputs[possible.find((i) => outputs[i]!.schema === schema)!]!, drafts[index]!)]));
  const fitting = possible.filter((i) => fits.get(outputs[i]!.schema));
  const candidates = fitting.length > 0 ? fitting : possible;
  const nearest = candidates.at(-1);
  if (nearest === undefined) return { kind: 'none' };
  const under = candidates.length > 1 ? builtOn(nearest, { plan, drafts }) : undefined;
  const beside = candidates.filter((i) => i !== nearest && !under?.has(i));
  if (beside.length > 0) return { kind: 'ambiguous', steps: [...beside, nearest].map((i) => plan.steps[i]!.id) };
  return { kind: 'list', reference: listReference(plan.steps[nearest]!.id, outputs[nearest]!.list!, drafts[nearest]!.forEach !== null) };
}

/** Whether the elements of a list output can have every field of `item` that the step uses. */
function hasFields({ schema, list }: StepOutput, { references }: DraftStep): boolean {
  const element = walk(schema ? placeOf(schema) : UNKNOWN, [{ kind: 'name', name: list! }, { kind: 'index', index: 0 }]);
  return references.every(({ reference }) => reference.root !== 'item' || reference.fallback !== undefined || walk(element, reference.path).kind !== 'missing');
}

function listReference(id: string, list: string, fanOut: boolean): Reference {
  const name = (n: string): PathPart => ({ kind: 'name', name: n });
  const all: PathPart = { kind: 'all' };
  // Of a fan-out the lists of all its items, one after another.
  const path = fanOut ? [name(id), name('output'), all, name(list), all] : [name(id), name('output'), name(list)];
  return { root: 'steps', path, text: `steps${pathText(path)}` };
}

/** The steps that a step needs, by references or by name, over any number of steps; and the step itself. */
function builtOn(step: number, { plan, drafts }: { plan: Plan; drafts: readonly DraftStep[] }): ReadonlySet<number> {
  const indexOf = new Map(plan.steps.map((s, i) => [s.id, i]));
  const seen = new Set<number>([step]);
  for (const next of seen) {
    const ids = [...[...drafts[next]!.references, ...drafts[next]!.conditions].map((r) => stepOf(r.reference)?.id), ...(plan.steps[next]!.dependsOn ?? [])];
    for (const id of ids) {
      const index = id === undefined ? undefined : indexOf.get(id);
      if (index !== undefined) seen.add(index);
    }
  }
  return seen;
}
