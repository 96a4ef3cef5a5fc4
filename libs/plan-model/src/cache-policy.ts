import { mayBeCached } from '@opsmesh/contracts';
import type { CatalogueTool, ToolCatalogue } from './catalogue.js';
import type { Findings } from './diagnostics.js';
import { pointerIn, type Plan, type PlanStep, type StepBody } from './parsed-plan.js';

type ToolBody = Extract<StepBody, { kind: 'tool' }>;

/** Whether anything that a plan does, its sub-plans included, may change something. Stored sub-plans and tools that are not known are taken to. */
export function changesAnything(plan: Plan, catalogue: ToolCatalogue): boolean {
  return plan.steps.some(({ body }) => {
    if (body.kind === 'orchestration') return body.plan === null || changesAnything(body.plan, catalogue);
    return body.kind === 'tool' && catalogue.get(body.tool)?.effect !== 'read';
  });
}

/**
 * For how long an output of the step may answer calls with the same inputs, in milliseconds; null: it never does, nor does another answer for it.
 * What the tool says holds only where nothing of the plan changes anything, and not where a loop looks until something is so: a step says it itself there.
 */
export function cacheMsOf({ cache }: ToolBody, tool: CatalogueTool, { changes, polls }: { readonly changes: boolean; readonly polls: boolean }): number | null {
  if (cache === false) return null;
  return cache ?? (changes || polls ? null : tool.cacheMs ?? null);
}

/** A step may shorten what its tool says, or say it where the tool does not. */
export function checkCache(step: PlanStep, tool: CatalogueTool, findings: Findings): void {
  const { body } = step;
  if (body.kind !== 'tool' || body.cache === null || body.cache === false) return;
  const at = pointerIn(step, 'cache');
  if (!mayBeCached(tool)) findings.error('cache-refused', at, `"${tool.name}" ${tool.credential ? 'takes a credential, which decides what it gets to see' : 'is not read-only and idempotent'}: its outputs answer no other call`, [{ op: 'remove', path: at }]);
  else if (tool.cacheMs !== undefined && body.cache > tool.cacheMs) findings.error('cache-refused', at, `"${tool.name}" allows ${tool.cacheMs} ms`, [{ op: 'replace', path: at, value: { ttlMs: tool.cacheMs } }]);
}
