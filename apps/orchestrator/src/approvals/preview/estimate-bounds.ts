import type { BoundsView } from '@opsmesh/contracts';
import type { CompiledPlan, CompiledStep, ToolCatalogue, ToolStep } from '@opsmesh/plan-model';
import type { ResolvedPlan, ResolvedStep } from './resolved-plan.js';

/** Of a model's request for a choice: what it is told besides the question and the choices, and its answer; in bytes. */
const DECISION_BYTES = 1500;
/** Longest part of a question that a model is told, in bytes. */
const QUESTION_BYTES = 4000;
const MINUTE_MS = 60_000;

interface Times {
  /** At most, by time limits. */
  readonly most: number | null;
  /** By what tools say they usually take. */
  readonly usual: number | null;
}
const NO_TIME: Times = { most: 0, usual: 0 };

/** What a run does at most: hosts, attempts, time and tokens. */
export function estimateBounds(plan: CompiledPlan, resolved: ResolvedPlan, catalogue: ToolCatalogue): BoundsView {
  const byPath = new Map(resolved.steps.map((s) => [s.path, s]));
  const { most, usual } = timesOf(plan, '', { byPath, counts: resolved.counts, catalogue });
  const minutes = (ms: number | null): number | null => (ms === null ? null : Math.round((ms / MINUTE_MS) * 100) / 100);
  return { hosts: hostsOf(resolved.steps), commands: sum(resolved.steps.map(({ mostItems, step }) => times(mostItems, attemptsOf(step)))), minutes: minutes(most), expectedMinutes: minutes(usual), tokens: tokensOf(plan, '', resolved) };
}

/** Largest number of attempts of one item. */
export function attemptsOf({ retry, adapt }: ToolStep): number {
  return retry.maxAttempts + (adapt?.timeoutFactor ? 1 : 0);
}

function hostsOf(steps: readonly ResolvedStep[]): number | null {
  const hosts = new Set<string>();
  for (const { known, step, items } of steps) {
    if (known === 'nothing' && step.target !== null) return null;
    for (const { facts, target } of items) {
      for (const { assetId } of facts) hosts.add(assetId);
      if (facts.length === 0 && target !== null) hosts.add(target);
    }
  }
  return hosts.size;
}

interface Known { readonly byPath: ReadonlyMap<string, ResolvedStep>; readonly counts: ResolvedPlan['counts']; readonly catalogue: ToolCatalogue }

/** Of the longest way through a plan. */
function timesOf(plan: CompiledPlan, prefix: string, known: Known): Times {
  const longest = longestWay(plan, null, prefix, known);
  return { ...longest, most: plan.timeoutMs === null ? longest.most : Math.min(plan.timeoutMs, longest.most ?? Infinity) };
}

/** Of the longest way through the steps of one scope; alternatives and compensations come after the step they stand for. */
function longestWay(plan: CompiledPlan, container: { step: number; arm: number | null } | null, prefix: string, known: Known): Times {
  const inside = plan.steps.filter((s) => (container === null ? s.scope === null : s.scope?.step === container.step && s.scope.arm === container.arm));
  const ends = new Map<number, Times>();
  const endOf = (step: CompiledStep): Times => {
    const found = ends.get(step.index);
    if (found) return found;
    ends.set(step.index, NO_TIME);
    const before = [...step.dependsOn, ...(step.guard ? [step.guard.step] : [])].map((i) => plan.steps[i]!).filter((s) => inside.includes(s)).map(endOf);
    const end = together([latest(before), ownTimes(plan, step, prefix, known)]);
    ends.set(step.index, end);
    return end;
  };
  return latest(inside.map(endOf));
}

function ownTimes(plan: CompiledPlan, step: CompiledStep, prefix: string, known: Known): Times {
  switch (step.kind) {
    case 'tool': return toolTimes(step, prefix, known);
    case 'branch': return latest(step.arms.map((_, arm) => longestWay(plan, { step: step.index, arm }, prefix, known)));
    case 'loop': return repeated(longestWay(plan, { step: step.index, arm: null }, prefix, known), step.maxIterations);
    case 'orchestration': {
      const count = known.counts.get(prefix + step.id);
      return repeated(timesOf(step.plan, `${prefix}${step.id}/`, known), count === null ? null : Math.ceil((count ?? 0) / step.map.concurrency));
    }
    case 'decide': return { most: step.timeoutMs, usual: 0 };
    case 'wait': return { most: step.ms ?? 0, usual: step.ms ?? 0 };
    case 'approval': return NO_TIME;
  }
}

function toolTimes(step: ToolStep, prefix: string, { byPath, catalogue }: Known): Times {
  const items = byPath.get(prefix + step.id)?.mostItems;
  if (items === undefined) return NO_TIME;
  if (items === null) return { most: null, usual: null };
  const { concurrency, waves, wavePauseMs, rate } = step.map;
  const { maxAttempts, backoff } = step.retry;
  let waiting = 0;
  for (let n = 1; n < maxAttempts; n++) waiting += Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (n - 1));
  const adapted = step.adapt?.timeoutFactor ? step.timeoutMs * step.adapt.timeoutFactor : 0;
  const rounds = Math.ceil(items / Math.max(1, step.adapt?.concurrency?.floor ?? concurrency)) + (waves?.length ?? 0);
  const between = (waves?.length ?? 0) * (wavePauseMs ?? 0) + (rate ? Math.ceil((items * attemptsOf(step)) / rate.limit) * rate.perMs : 0);
  const usual = catalogue.get(step.tool)?.estimate?.durationMs;
  return { most: rounds * (step.timeoutMs * maxAttempts + waiting + adapted) + between, usual: usual === undefined ? null : Math.ceil(items / concurrency) * usual + (waves?.length ?? 0) * (wavePauseMs ?? 0) };
}

function tokensOf(plan: CompiledPlan, prefix: string, resolved: ResolvedPlan): number | null {
  return sum(plan.steps.map((step) => {
    if (step.kind === 'orchestration') return tokensOf(step.plan, `${prefix}${step.id}/`, resolved);
    if (step.kind !== 'decide') return 0;
    const count = resolved.counts.get(prefix + step.id);
    return count === undefined ? 0 : times(count, QUESTION_BYTES + Buffer.byteLength(JSON.stringify(step.choices)) + DECISION_BYTES);
  }));
}

function times(a: number | null, b: number): number | null {
  return a === null ? null : a * b;
}

function sum(numbers: readonly (number | null)[]): number | null {
  let total = 0;
  for (const n of numbers) {
    if (n === null) return null;
    total += n;
  }
  return total;
}

function latest(all: readonly Times[]): Times {
  const max = (key: keyof Times): number | null => (all.some((t) => t[key] === null) ? null : Math.max(0, ...all.map((t) => t[key]!)));
  return { most: max('most'), usual: max('usual') };
}

function together(all: readonly Times[]): Times {
  return { most: sum(all.map((t) => t.most)), usual: sum(all.map((t) => t.usual)) };
}

function repeated({ most, usual }: Times, count: number | null): Times {
  return count === null ? { most: null, usual: null } : { most: times(most, count), usual: times(usual, count) };
}
