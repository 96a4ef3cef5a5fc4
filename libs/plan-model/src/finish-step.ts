import { needsClaim } from '@opsmesh/contracts';
import type { CatalogueTool } from './catalogue.js';
import type { CompiledChild } from './compile-children.js';
import { fullRetry } from './parse-policies.js';
import { DEFAULT_CONCURRENCY, type CompiledPlan, type CompiledStep, type ProbePolicy } from './plan.js';
import type { DraftStep } from './resolve-step.js';
import { stepOf } from './scope.js';

interface Facts {
  readonly index: number;
  readonly tool: CatalogueTool | undefined;
  readonly child: CompiledChild | undefined;
  readonly dependsOn: readonly number[];
  readonly level: number;
  readonly indexOf: ReadonlyMap<string, number>;
  /** What a tool's step may answer itself with, and what tells how its attempts ended. */
  readonly cacheMs: number | null;
  readonly probe: ProbePolicy | null;
  /** See LoopStep. */
  readonly remembers: readonly number[];
  readonly drafts: readonly DraftStep[];
}

/** The compiled form of a step in which nothing is wrong. */
export function finishStep(draft: DraftStep, facts: Facts): CompiledStep {
  const { step } = draft;
  const { body } = step;
  const common = commonOf(draft, facts);
  switch (body.kind) {
    case 'tool': {
      const tool = facts.tool!;
      return {
        ...common, kind: 'tool', tool: tool.name, toolVersion: tool.version, queue: tool.queue, effect: tool.effect, idempotent: tool.idempotent, claim: needsClaim(tool), commands: tool.commands,
        target: targetPointer(tool), listOutput: tool.listOutput ?? null, retry: fullRetry(body.retry ?? tool.retry), timeoutMs: step.timeoutMs ?? tool.timeoutMs, adapt: body.adapt,
        cacheMs: facts.cacheMs, probe: facts.probe,
      };
    }
    case 'branch': return { ...common, kind: 'branch', arms: body.arms.map(({ when }) => ({ when })) };
    case 'loop': return { ...common, kind: 'loop', mode: body.mode, condition: body.condition, maxIterations: body.maxIterations, remembers: facts.remembers };
    case 'orchestration': {
      const { plan, stored } = facts.child!;
      return { ...common, kind: 'orchestration', stored, plan: withTimeout(plan, step.timeoutMs) };
    }
    case 'approval': return { ...common, kind: 'approval', minApprovals: body.minApprovals, onExpire: body.onExpire, timeoutMs: step.timeoutMs! };
    case 'decide': return { ...common, kind: 'decide', choices: body.choices, default: body.default };
    case 'wait': return { ...common, kind: 'wait', ms: body.ms };
  }
}

/** JSON pointer of the input that names what a tool acts on, null when there is none. */
export function targetPointer({ target, credential }: CatalogueTool): string | null {
  return target ?? credential?.target ?? null;
}

function commonOf({ step, forEach, references }: DraftStep, { index, dependsOn, level, indexOf, drafts }: Facts) {
  // A step has items, if only none, however it ended; an output it may lack.
  const outputs = references.filter((r) => !r.reference.fallback).map((r) => stepOf(r.reference)).filter((target) => target?.part === 'output');
  const needed = outputs.map((target) => indexOf.get(target!.id)).filter((i) => i !== undefined);
  const main = step.guard === null ? undefined : drafts[step.guard];
  // An alternative fans out as its step does, where it does not say otherwise.
  const inherited = main && forEach !== null && forEach === main.forEach && step.forEach === null ? main.step.map : {};
  return {
    index, id: step.id, scope: step.scope, guard: step.guard === null ? null : { step: step.guard }, inputs: step.inputs, commands: [], target: null, forEach,
    map: { concurrency: DEFAULT_CONCURRENCY, ...inherited, ...step.map }, when: step.when, timeoutMs: step.timeoutMs, onFailure: step.onFailure, critical: step.critical, role: step.role,
    parallelGroup: step.parallelGroup, outputMapping: step.outputMapping, dependsOn, needsValueOf: [...new Set(needed)].sort((a, b) => a - b), level,
  };
}

/** A child run ends with its own time or with that of its step, whichever is less. */
function withTimeout(plan: CompiledPlan, timeoutMs: number | null): CompiledPlan {
  if (timeoutMs === null) return plan;
  return { ...plan, timeoutMs: Math.min(timeoutMs, plan.timeoutMs ?? timeoutMs) };
}
