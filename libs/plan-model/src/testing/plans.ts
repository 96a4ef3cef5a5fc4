import type { CompiledPlan, CompiledStep } from '../plan.js';

/** A compiled step with harmless defaults, for specs. */
export function step(index: number, more: Partial<CompiledStep> = {}): CompiledStep {
  return {
    index, id: `s${index}`, tool: 'noop', toolVersion: '1.0.0', queue: 'q', effect: 'write', idempotent: false, claim: true, inputs: {}, commands: [], target: null, listOutput: null, forEach: null,
    map: { concurrency: 50 }, when: null, retry: { maxAttempts: 1, backoff: { initialMs: 100, factor: 2, maxMs: 1000, jitter: false } }, timeoutMs: 1000, onFailure: 'fail', critical: true,
    role: null, outputMapping: null, dependsOn: [], needsValueOf: [], level: 0, ...more,
  };
}

export function plan(...steps: CompiledStep[]): CompiledPlan {
  return { version: 1, name: 'spec', inputs: {}, steps, strategy: 'DAG', timeoutMs: null };
}
