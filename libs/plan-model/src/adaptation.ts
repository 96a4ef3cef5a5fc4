import type { FailureCode, FailureDto } from '@opsmesh/contracts';
import type { Draft } from './draft.js';
import type { ToolStep } from './plan.js';
import { isRepeatable, retryDelay } from './retry.js';

/** Failures that say that there were too many connections, or that the way is bad. */
const CONNECTION: ReadonlySet<FailureCode> = new Set(['unreachable', 'connection-lost', 'rate-limited']);
const DAY_MS = 86_400_000;

/** Halves the concurrency of a fan-out when too many of the last attempts could not reach their target. Never more than the plan or a person allowed. */
export function adaptConcurrency(draft: Draft, step: ToolStep, failure: FailureDto | null): void {
  const rule = step.adapt?.concurrency;
  const state = draft.steps[step.index]!;
  if (!rule || state.status !== 'running') return;
  const isConnection = failure !== null && CONNECTION.has(failure.code);
  const recent = ((state.recent << 1) | (isConnection ? 1 : 0)) & (2 ** rule.of - 1);
  const { concurrency } = draft.policy(step.index);
  const smaller = Math.max(rule.floor, Math.floor(concurrency / 2));
  const strained = bits(recent) >= rule.failures && smaller < concurrency;
  if (recent !== state.recent) draft.set(step.index, { ...state, recent: strained ? 0 : recent });
  if (!strained) return;
  draft.changePolicy(step.index, { concurrency: smaller });
  draft.record('step.adapted', { step: step.index, data: { cause: failure?.code ?? null, effect: 'smaller-concurrency', from: concurrency, to: smaller } });
}

/** The delay before one more attempt with a longer time, or null: only after the last attempt has timed out, and only if it may be repeated. */
export function longerAttempt(draft: Draft, step: ToolStep, { item, attempt, failure, random }: { item: number; attempt: number; failure: FailureDto; random: number }): number | null {
  if (!step.adapt?.timeoutFactor || failure.code !== 'timed-out' || attempt !== step.retry.maxAttempts || !isRepeatable(step)) return null;
  draft.record('step.adapted', { step: step.index, item, data: { cause: failure.code, effect: 'longer-timeout', from: timeoutOf(step, attempt), to: timeoutOf(step, attempt + 1) } });
  return retryDelay(step.retry, attempt, random);
}

/** Time that an attempt may take, in milliseconds: more for those beyond the last planned one, where the step adapts. */
export function timeoutOf({ timeoutMs, retry, adapt }: Pick<ToolStep, 'timeoutMs' | 'retry' | 'adapt'>, attempt: number): number {
  return adapt?.timeoutFactor && attempt > retry.maxAttempts ? Math.min(DAY_MS, Math.round(timeoutMs * adapt.timeoutFactor)) : timeoutMs;
}

function bits(word: number): number {
  let n = 0;
  for (let rest = word; rest > 0; rest >>>= 1) n += rest & 1;
  return n;
}
