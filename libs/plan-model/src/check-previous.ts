import type { Findings } from './diagnostics.js';
import type { PlanScopes } from './plan-scopes.js';
import { referenceText, type FoundReference } from './references.js';
import type { DraftStep } from './resolve-step.js';
import { previousOf, stepOf } from './scope.js';

interface Names { readonly indexOf: ReadonlyMap<string, number>; readonly scopes: PlanScopes; readonly findings: Findings }

/**
 * Checks references to the iteration before: they stand in a loop and mean a step with items in it, whose output can be made again in the next iteration.
 * @returns for each loop the steps whose items it must remember
 */
export function checkPrevious(drafts: readonly DraftStep[], { indexOf, scopes, findings }: Names): ReadonlyMap<number, readonly number[]> {
  const remembered = new Map<number, Set<number>>();
  for (const [index, draft] of drafts.entries()) {
    const { references, conditions, mappingReferences } = draft;
    for (const found of [...references, ...mappingReferences, ...conditions]) {
      const target = previousOf(found.reference);
      const step = indexOf.get(target?.id ?? '');
      if (target === undefined || step === undefined) continue;
      const loop = scopes.loops(index)[0];
      // A mapping is made whenever the output is asked for, also after the loop.
      const why = mappingReferences.includes(found) ? 'an output mapping has values of its own iteration only' : refusal(drafts, { step, loop, indexOf, scopes });
      if (why !== undefined) refuse(found, why, findings);
      else {
        const of = remembered.get(loop!) ?? new Set();
        remembered.set(loop!, of.add(step));
        if (!found.reference.fallback && references.includes(found)) findings.warning('previous-without-default', found.pointer, `${referenceText(found.reference)} has no value in the first iteration: give it a default with ??`);
      }
    }
  }
  return new Map([...remembered].map(([loop, steps]) => [loop, [...steps].sort((a, b) => a - b)]));
}

function refusal(drafts: readonly DraftStep[], { step, loop, indexOf, scopes }: { step: number; loop: number | undefined } & Omit<Names, 'findings'>): string | undefined {
  const { id, body } = drafts[step]!.step;
  if (loop === undefined) return 'it stands in no loop';
  if (!scopes.isInside(step, loop)) return `"${id}" does not stand in the innermost loop around it`;
  if (body.kind === 'branch' || body.kind === 'loop') return `"${id}" is a ${body.kind}; refer to a step in it`;
  const isKept = ({ reference }: FoundReference): boolean => {
    const other = indexOf.get(stepOf(reference)?.id ?? '');
    return !['item', 'index', 'iteration'].includes(reference.root) && (other === undefined || other === step || !scopes.isInside(other, loop));
  };
  return drafts[step]!.mappingReferences.every(isKept) ? undefined : `the output mapping of "${id}" refers to what changes in the loop`;
}

function refuse({ reference, pointer }: FoundReference, why: string, findings: Findings): void {
  findings.error('previous-outside-loop', pointer, `${referenceText(reference)} has no meaning here: ${why}`);
}
