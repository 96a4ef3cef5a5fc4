import type { Findings } from './diagnostics.js';
import { pointerIn, type PlanStep } from './parsed-plan.js';
import type { PlanScopes } from './plan-scopes.js';
import type { StepRole, Strategy } from './plan.js';

/** For each step the indexes of the steps that must end before it, ascending. */
export type Graph = readonly (readonly number[])[];

/** Roles that a role waits for when nothing is said. */
const WAITS_FOR: Partial<Record<StepRole, StepRole>> = { aggregate: 'primary', graph: 'primary', metric: 'aggregate' };

/** A step that is needed, and where that is said. */
export interface Need { readonly step: number; readonly pointer: string }

interface Sources { readonly scopes: PlanScopes; readonly needs: readonly (readonly Need[])[]; readonly serial: boolean; readonly findings: Findings }

/**
 * Union of what is said, what references need, what roles and groups imply and, in a serial plan, the order in which steps are written.
 * Explicit dependencies replace those of roles. Needs of and for steps in containers are those of the containers, up to the scope that both are in.
 */
export function dependenciesOf(steps: readonly PlanStep[], { scopes, needs, serial, findings }: Sources): Graph {
  const indexOf = new Map(steps.map((s, i) => [s.id, i]));
  const edges = steps.map(() => new Set<number>());
  const groups = groupsOf(steps, scopes);
  const add = (from: number, { step, pointer }: Need): void => {
    const lifted = scopes.lift(from, step);
    if (!lifted) findings.error('not-an-ancestor', pointer, `step "${steps[step]!.id}" can not be waited for here: ${step === from ? 'it is the step itself' : 'one stands in the other, or both in different arms'}`);
    else if (isMember(groups, lifted.from, lifted.to)) findings.error('group-order', pointer, `"${steps[from]!.id}" and "${steps[step]!.id}" are of one parallel group, so neither can wait for the other`);
    else edges[lifted.from]!.add(lifted.to);
  };
  for (const [index, step] of steps.entries()) {
    for (const need of needs[index]!) add(index, need);
    for (const [i, id] of (step.dependsOn ?? []).entries()) {
      const pointer = `${pointerIn(step, 'dependsOn')}/${i}`;
      const d = indexOf.get(id);
      if (d === undefined) findings.error('unknown-step', pointer, `there is no step "${id.slice(0, 64)}"`);
      else if (d === index) edges[index]!.add(index);
      else add(index, { step: d, pointer });
    }
    const waitsFor = step.dependsOn === null && step.role ? WAITS_FOR[step.role] : undefined;
    if (waitsFor) for (const i of scopes.siblings(index)) if (steps[i]!.role === waitsFor && i !== index) edges[index]!.add(i);
    guardEdges(steps, index, edges[index]!);
    const before = serial ? previous(steps, scopes, groups, index) : undefined;
    if (before !== undefined) edges[index]!.add(before);
  }
  return edges.map((found, index) => [...withJoins(steps, { groups, index, found })].sort((a, b) => a - b));
}

/** The members of each step's parallel group in its scope; undefined where it is in none. */
function groupsOf(steps: readonly PlanStep[], scopes: PlanScopes): readonly (readonly number[] | undefined)[] {
  const groups = new Map<string, number[]>();
  const keys = steps.map(({ parallelGroup }, i) => (parallelGroup === null ? null : `${scopes.keyOf(i)} ${parallelGroup}`));
  for (const [i, key] of keys.entries()) {
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  return keys.map((key) => (key === null ? undefined : groups.get(key)));
}

function isMember(groups: readonly (readonly number[] | undefined)[], a: number, b: number): boolean {
  return a !== b && groups[a] !== undefined && groups[a] === groups[b];
}

/** An alternative comes after its step, and so do compensations, one after the other. */
function guardEdges(steps: readonly PlanStep[], index: number, found: Set<number>): void {
  const { guard } = steps[index]!;
  if (guard === null) return;
  found.add(guard);
  const { onFailure } = steps[guard]!;
  if (typeof onFailure !== 'object' || !('compensate' in onFailure)) return;
  const place = onFailure.compensate.indexOf(index);
  if (place > 0) found.add(onFailure.compensate[place - 1]!);
}

/** The step written before a step, or before its group, in the same scope. */
function previous(steps: readonly PlanStep[], scopes: PlanScopes, groups: readonly (readonly number[] | undefined)[], index: number): number | undefined {
  if (steps[index]!.guard !== null) return undefined;
  const first = groups[index]?.[0] ?? index;
  return scopes.siblings(index).findLast((i) => i < first && steps[i]!.guard === null);
}

/** Who waits for a member of a group waits for all of it; who waits for a step waits for its alternative too. */
function withJoins(steps: readonly PlanStep[], { groups, index, found }: { groups: readonly (readonly number[] | undefined)[]; index: number; found: ReadonlySet<number> }): ReadonlySet<number> {
  const all = new Set(found);
  for (const d of all) {
    // What is called by the failure does not wait for itself, nor for what stands beside the failure.
    if (isCalledBy(steps, index, d)) continue;
    for (const member of groups[d] ?? []) all.add(member);
    const { onFailure } = steps[d]!;
    const alternative = typeof onFailure === 'object' && 'alternative' in onFailure ? onFailure.alternative : undefined;
    if (alternative !== undefined) all.add(alternative);
  }
  return all;
}

/** Whether a step is the alternative of another, or one of that alternative's. */
function isCalledBy(steps: readonly PlanStep[], index: number, caller: number): boolean {
  for (let i = steps[index]!.guard; i !== null; i = steps[i]!.guard) if (i === caller) return true;
  return false;
}

/** Topological levels, or the steps of a cycle. */
export function levelsOf(graph: Graph): { readonly levels: readonly number[] } | { readonly cycle: readonly number[] } {
  const levels: number[] = graph.map(() => -1);
  const visiting: number[] = [];
  for (let root = 0; root < graph.length; root++) {
    // An explicit stack: a chain of 500 steps must not depend on the size of the call stack.
    const stack: { node: number; next: number }[] = levels[root] === -1 ? [{ node: root, next: 0 }] : [];
    if (stack.length > 0) visiting.push(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const dependency = graph[top.node]![top.next++];
      if (dependency === undefined) {
        levels[top.node] = Math.max(-1, ...graph[top.node]!.map((d) => levels[d]!)) + 1;
        stack.pop();
        visiting.pop();
      } else if (visiting.includes(dependency)) {
        return { cycle: visiting.slice(visiting.indexOf(dependency)) };
      } else if (levels[dependency] === -1) {
        stack.push({ node: dependency, next: 0 });
        visiting.push(dependency);
      }
    }
  }
  return { levels };
}

/** The levels of a plan, those of steps in containers beyond their container's; or the steps of a cycle. */
export function levelsInScopes(graph: Graph, steps: readonly PlanStep[]): ReturnType<typeof levelsOf> {
  return levelsOf(graph.map((found, i) => (steps[i]!.scope ? [...found, steps[i]!.scope.step] : found)));
}

/** PARALLEL: nothing waits. SERIAL: one chain. DAG: anything else. */
export function strategyOf(graph: Graph, levels: readonly number[]): Strategy {
  if (graph.every((d) => d.length === 0)) return graph.length > 1 ? 'PARALLEL' : 'SERIAL';
  return new Set(levels).size === levels.length ? 'SERIAL' : 'DAG';
}
