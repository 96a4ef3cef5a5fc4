import { GRANT_SECONDS, mayBeUnknown, needsClaim } from '@opsmesh/contracts';
import type { CatalogueTool, ToolCatalogue } from './catalogue.js';
import type { Draft } from './draft.js';
import { valueAt } from './json-pointer.js';
import { fullRetry } from './parse-policies.js';
import type { CompiledPlan, Json, JsonObject, ProbePolicy, ToolStep } from './plan.js';
import type { RunEvent } from './run-event.js';
import type { ItemState } from './run-state.js';

/** From an attempt's being unknown to its probe, in milliseconds: by then its grant has expired, also one that was answered late, so that it can't begin any more. */
export const PROBE_AFTER_MS = 2 * GRANT_SECONDS * 1000;

/** Time that a probe may take with all its attempts, in milliseconds. */
const PROBE_RUN_MS = 600_000;

/** The probe of a tool; null where it has none, or names a tool that is not there or does more than read. */
export function probeOf(tool: CatalogueTool, catalogue: ToolCatalogue): ProbePolicy | null {
  const { probe } = tool;
  const other = probe && mayBeUnknown(tool) ? catalogue.get(probe.tool) : undefined;
  if (!probe || !other || other.effect !== 'read' || !other.idempotent) return null;
  return { step: probingStep(other), inputs: probe.inputs, since: probe.since ?? null, answer: probe.answer };
}

function probingStep(tool: CatalogueTool): ToolStep {
  return {
    index: 0, id: 'probe', kind: 'tool', scope: null, guard: null, inputs: {}, commands: tool.commands, target: tool.target ?? tool.credential?.target ?? null, forEach: null, map: { concurrency: 1 }, when: null,
    timeoutMs: tool.timeoutMs, onFailure: 'fail', critical: true, role: null, parallelGroup: null, outputMapping: null, dependsOn: [], needsValueOf: [], level: 0,
    tool: tool.name, toolVersion: tool.version, queue: tool.queue, effect: tool.effect, idempotent: tool.idempotent, claim: needsClaim(tool), listOutput: tool.listOutput ?? null,
    retry: fullRetry(tool.retry), adapt: null, cacheMs: null, probe: null,
  };
}

/** A run that asks whether an attempt took place: its plan and the values of its inputs. `claimedAt`: when the attempt was allowed to begin, ISO 8601. */
export function probeRun({ id, probe }: Pick<ToolStep, 'id'> & { readonly probe: ProbePolicy }, { bound, claimedAt }: { readonly bound: JsonObject; readonly claimedAt: string }): { readonly plan: CompiledPlan; readonly inputs: JsonObject } {
  const taken = Object.entries(probe.inputs).map(([name, pointer]) => [name, valueAt(bound, pointer) ?? null] as const).filter(([, value]) => value !== null);
  const inputs: JsonObject = { ...Object.fromEntries(taken), ...(probe.since === null ? {} : { [probe.since]: claimedAt }) };
  // By reference: a value is never searched for references.
  const step = { ...probe.step, inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, `<<input.${name}>>`])) };
  const declared = Object.fromEntries(Object.keys(inputs).map((name) => [name, null]));
  return { plan: { version: 1, name: `probe of ${id}`, inputs: declared, steps: [step], strategy: 'SERIAL', timeoutMs: PROBE_RUN_MS, bypassCache: true }, inputs };
}

/** What the output of a probe says: whether the effect took place; null when it can't tell. */
export function probeAnswer({ answer }: ProbePolicy, output: Json | undefined): boolean | null {
  const value = typeof output === 'object' && output !== null && !Array.isArray(output) && Object.hasOwn(output, answer) ? output[answer] : null;
  return typeof value === 'boolean' ? value : null;
}

/** It is time to ask whether an attempt of unknown outcome took place; not in a run that stops, nor while one is paused. */
export function probeDue(draft: Draft, item: ItemState | undefined, { step, item: index, attempt }: Extract<RunEvent, { type: 'probe-due' }>): undefined {
  const tool = draft.plan.steps[step];
  if (tool?.kind !== 'tool' || !tool.probe || item?.status !== 'unknown' || item.attempt !== attempt || draft.stopping) return;
  if (draft.paused) {
    draft.effects.push({ type: 'too-early' });
    return;
  }
  draft.changed = true;
  draft.effects.push({ type: 'probe', step, item: index, attempt });
}
