import type { ApprovalStep, BranchStep, CompiledPlan, CompiledStep, LoopStep, OrchestrationStep, ToolStep, WaitStep } from '../plan.js';

type Common = Omit<WaitStep, 'kind' | 'ms'>;

function common(index: number): Common {
  return {
    index, id: `s${index}`, scope: null, guard: null, parallelGroup: null, inputs: {}, commands: [], target: null, forEach: null, map: { concurrency: 50 }, when: null, timeoutMs: null, onFailure: 'fail', critical: true,
    role: null, outputMapping: null, dependsOn: [], needsValueOf: [], level: 0,
  };
}

/** A compiled step with harmless defaults, for specs. */
export function step(index: number, more: Partial<ToolStep> = {}): ToolStep {
  return {
    ...common(index), kind: 'tool', tool: 'noop', toolVersion: '1.0.0', queue: 'q', effect: 'write', idempotent: false, claim: true, listOutput: null, adapt: null, cacheMs: null, probe: null,
    retry: { maxAttempts: 1, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } }, timeoutMs: 1000, ...more,
  };
}

/** Conditions do not matter: the simulation answers them. */
export function branch(index: number, arms: number, more: Partial<BranchStep> = {}): BranchStep {
  return { ...common(index), kind: 'branch', arms: Array.from({ length: arms }, () => ({ when: null })), ...more };
}

export function loop(index: number, mode: LoopStep['mode'], more: Partial<LoopStep> = {}): LoopStep {
  return { ...common(index), kind: 'loop', mode, condition: null, forEach: mode === 'forEach' ? '<<x>>' : null, maxIterations: 10, remembers: [], ...more };
}

export function wait(index: number, more: Partial<WaitStep> = {}): WaitStep {
  return { ...common(index), kind: 'wait', ms: null, inputs: { signal: 'go' }, ...more };
}

export function approval(index: number, more: Partial<ApprovalStep> = {}): ApprovalStep {
  return { ...common(index), kind: 'approval', minApprovals: 1, onExpire: 'fail', timeoutMs: 1000, inputs: { message: 'go?', approvers: [] }, ...more };
}

export function subPlan(index: number, ...steps: CompiledStep[]): OrchestrationStep {
  return { ...common(index), kind: 'orchestration', stored: null, plan: plan(...steps) };
}

export function plan(...steps: CompiledStep[]): CompiledPlan {
  return { version: 1, name: 'spec', inputs: {}, steps, strategy: 'DAG', timeoutMs: null, bypassCache: false };
}
