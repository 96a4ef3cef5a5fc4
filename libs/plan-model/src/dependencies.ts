import type { Findings } from './diagnostics.js';
import { pointerIn, type PlanStep } from './parse.js';
import type { StepRole, Strategy } from './plan.js';

/** For each step the indexes of the steps that must end before it, ascending. */
export type Graph = readonly (readonly number[])[];

/** Roles that a role waits for when nothing is said. */
const WAITS_FOR: Partial<Record<StepRole, StepRole>> = { aggregate: 'primary', graph: 'primary', metric: 'aggregate' };

/** Union of what is said, what references need and what roles imply; explicit dependencies replace those of roles. */
export function dependenciesOf(steps: readonly PlanStep[], { references, serial, findings }: { references: Graph; serial: boolean; findings: Findings }): Graph {
  const indexOf = new Map(steps.map((s, i) => [s.id, i]));
  return steps.map((step, index) => {
    const found = new Set(references[index]);
    for (const [i, id] of (step.dependsOn ?? []).entries()) {
      const d = indexOf.get(id);
      if (d === undefined) findings.error('unknown-step', `${pointerIn(step, 'dependsOn')}/${i}`, `there is no step "${id.slice(0, 64)}"`);
      else found.add(d);
    }
    const waitsFor = step.dependsOn === null && step.role ? WAITS_FOR[step.role] : undefined;
    if (waitsFor) steps.forEach((other, i) => { if (other.role === waitsFor && i !== index) found.add(i); });
    if (serial && index > 0) found.add(index - 1);
    return [...found].sort((a, b) => a - b);
  });
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

/** PARALLEL: nothing waits. SERIAL: one chain. DAG: anything else. */
export function strategyOf(graph: Graph, levels: readonly number[]): Strategy {
  if (graph.every((d) => d.length === 0)) return graph.length > 1 ? 'PARALLEL' : 'SERIAL';
  return new Set(levels).size === levels.length ? 'SERIAL' : 'DAG';
}
