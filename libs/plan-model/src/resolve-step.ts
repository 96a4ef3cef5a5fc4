import { mapReferences } from './conditions.js';
import { dropCredentials } from './drop-credentials.js';
import { pointerIn, type Plan, type PlanStep } from './parsed-plan.js';
import type { Condition, JsonObject } from './plan.js';
import { ReferenceResolver, type Names } from './resolve-references.js';
import { referenceText, type FoundReference } from './references.js';

/** A step whose references are canonical. */
export interface DraftStep {
  readonly plan: Plan;
  readonly step: PlanStep;
  forEach: string | null;
  /** References of what is bound: inputs, the list, the key of the lock. */
  readonly references: FoundReference[];
  /** References of what decides: `when`, the conditions of arms and of a loop. */
  readonly conditions: readonly FoundReference[];
  /** References of its own output mapping, which may name the step itself. */
  readonly mappingReferences: readonly FoundReference[];
  /** False: a reference could not be read, so the step can't be checked any further. */
  readonly readable: boolean;
}

/** Makes the references of one step canonical and finds those that can have no meaning where they stand. */
export function resolveStep(step: PlanStep, index: number, names: Names): DraftStep {
  const { plan, findings, scopes } = names;
  const resolver = new ReferenceResolver(names, index);
  const when = step.when && resolveCondition(resolver, step.when, pointerIn(step, 'when'));
  const body = resolveBody(resolver, step);
  const conditions = resolver.take();
  const list = step.forEach?.trim();
  const forEach = list === undefined ? null : resolver.text(/<<|\{\{/.test(list) ? list : `<<${list}>>`, pointerIn(step, 'forEach'));
  const inList = resolver.take();
  const inputs = resolveInputs(resolver, step, names.declares(index));
  const lock = typeof step.map.lock === 'string' ? { lock: resolver.text(step.map.lock, `${pointerIn(step, 'map')}/lock`) } : {};
  const bound = resolver.take();
  const outputMapping = step.outputMapping && resolver.mapping(dropCredentials(step.outputMapping, { pointer: pointerIn(step, 'outputMapping'), declared: () => true, findings }), pointerIn(step, 'outputMapping'));
  const mappingReferences = resolver.take();
  if (scopes.forEachLoop(index) === undefined) {
    refuseItem([...inList, ...conditions], '"forEach" and conditions are decided once for the step', names);
    refuseItem(mappingReferences, 'an output mapping is made once for the step', names);
  }
  refuseIteration([...inList, ...bound, ...mappingReferences, ...conditions], { index, names });
  return { plan, step: { ...step, inputs, when, body, map: { ...step.map, ...lock }, outputMapping }, forEach, references: [...inList, ...bound], conditions, mappingReferences, readable: !resolver.unreadable };
}

function resolveCondition(resolver: ReferenceResolver, condition: Condition, pointer: string): Condition {
  return mapReferences(condition, (text) => resolver.text(text, pointer));
}

function resolveInputs(resolver: ReferenceResolver, step: PlanStep, declared: (name: string) => boolean): JsonObject {
  const at = pointerIn(step, 'inputs');
  const kept = dropCredentials(step.inputs, { pointer: at, declared, findings: resolver.findings });
  return /^input_?mapping$/i.test(step.keys['inputs'] ?? '') ? resolver.mapping(kept, at) : resolver.object(kept, at);
}

function resolveBody(resolver: ReferenceResolver, step: PlanStep): PlanStep['body'] {
  const { body } = step;
  if (body.kind === 'branch') return { ...body, arms: body.arms.map((arm) => ({ ...arm, when: arm.when && resolveCondition(resolver, arm.when, arm.pointer) })) };
  if (body.kind === 'loop') return { ...body, condition: body.condition && resolveCondition(resolver, body.condition, pointerIn(step, 'condition')) };
  return body;
}

function refuseItem(references: readonly FoundReference[], why: string, { findings }: Names): void {
  for (const { reference, pointer } of references) {
    if (isItem({ reference })) findings.error('item-outside-fan-out', pointer, `${referenceText(reference)} has no meaning here: ${why}`);
  }
}

function refuseIteration(references: readonly FoundReference[], { index, names: { scopes, plan, findings } }: { index: number; names: Names }): void {
  if (plan.steps[index]!.body.kind === 'loop' || scopes.loops(index).length > 0) return;
  for (const { reference, pointer } of references) if (reference.root === 'iteration') findings.error('iteration-outside-loop', pointer, `${referenceText(reference)} has a meaning only in a loop`);
}

export function isItem({ reference }: Pick<FoundReference, 'reference'>): boolean {
  return reference.root === 'item' || reference.root === 'index';
}
