import { itemRange, policyOf, probeAnswer, probeRun, toolStep, type CompiledStep, type Effect, type JsonObject, type Scope } from '@opsmesh/plan-model';
import { beginItem, childOf } from './begin-item.js';
import { cacheKeyOf, CachedAnswers } from './cached-answers.js';
import type { NewItem } from './change-set.js';
import { endingOf } from './child-ending.js';
import type { CommitInProgress } from './commit-in-progress.js';
import type { WantedAttempt } from './outbox.js';
import { itemKey, type AttemptRef } from './positions.js';
import { evaluateLoop, prepareStep, repeatItems, type Prepared } from './prepare-step.js';
import type { CachedRun } from './run-cache.js';
import type { TimedEvent } from './timed-event.js';

/** Carries out what `transition` wants, as a part of one commit. */
export class Effects {
  private readonly cached: CachedAnswers;

  constructor(private readonly commit: CommitInProgress) {
    this.cached = new CachedAnswers(commit, (wanted) => { this.send(wanted); });
  }

  /** Decides what was left open: whether an attempt is sent, or an earlier output answers for it. Comes after the last submission. */
  settle(): Promise<void> {
    return this.cached.settle();
  }

  async carryOut(run: CachedRun, effect: Effect): Promise<void> {
    const { changes, news } = this.commit;
    const runId = run.facts.id;
    switch (effect.type) {
      case 'prepare': return this.prepare(run, effect.step);
      case 'enqueue': return this.enqueue(run, effect);
      case 'evaluate': return this.evaluate(run, effect);
      case 'begin': return this.begin(run, effect);
      case 'retry-timer': return this.setTimer(runId, effect.delayMs, { kind: 'retry', step: effect.step, item: effect.item, attempt: effect.attempt });
      case 'wave-timer': return this.setTimer(runId, effect.delayMs, { kind: 'wave', step: effect.step, wave: effect.wave });
      case 'probe-timer': return this.setTimer(runId, effect.delayMs, { kind: 'probe', step: effect.step, item: effect.item, attempt: effect.attempt });
      case 'probe': return this.probe(run, effect);
      // The commit sees to these: it leaves the timer's row where it is, and has what was said of the past attempt.
      case 'too-early':
      case 'keep-past': return;
      case 'sweep':
        run.items.forget(effect.step, effect.from);
        changes.sweeps.push({ runId, step: effect.step, from: effect.from, to: effect.to, untouchedOnly: effect.untouchedOnly, unlocks: mayLock(run, effect.step) });
        return;
      case 'withdraw': return this.withdraw(run, effect.step);
      case 'resend': return this.resend(run);
      case 'abort':
        news.aborts.add(runId);
        return this.tellChildren(run, 'cancel');
      case 'outcome-changed': return this.tellParent(run);
      case 'finish':
        news.finished.add(runId);
        return this.tellParent(run);
    }
  }

  /** What a run with sub-plans is told, their runs are told; each as an event of its own. */
  async tellChildren({ facts }: CachedRun, command: Extract<TimedEvent, { kind: 'command' }>['command']): Promise<void> {
    if (!facts.plan.steps.some(hasChildren)) return;
    await this.commit.flush();
    for (const child of await this.commit.tx.openChildren(facts.id)) this.setTimer(child, 0, { kind: 'command', command });
  }

  private async prepare(run: CachedRun, index: number): Promise<void> {
    const { repeated: all } = this.commit;
    const runId = run.facts.id;
    const step = run.facts.plan.steps[index]!;
    const base = itemRange(run.state.steps[index]!).from;
    const repeated = all.get(`${runId}.${index}`);
    const { event, items } = repeated && !repeated.boundAnew
      ? repeatItems({ runId, step: index, items: repeated.items })
      : await this.bound(run, step, (scope) => prepareStep({ runId, step, scope, base, only: repeated && new Set(repeated.items.map((i) => i.item)) }));
    for (const item of items) this.commit.changes.newItems.set(itemKey(item.runId, item.step, item.item), item);
    // People want to know anew what they repeat.
    if (step.kind === 'tool' && step.cacheMs && !repeated) {
      for (const { item, bound } of items) if (bound) this.commit.changes.cacheKeys.push({ runId, step: index, item, key: cacheKeyOf(run.facts.tenantId, step, bound), ttlMs: step.cacheMs });
    }
    await this.commit.apply({ kind: 'event', runId, event });
  }

  /** What comes of a step in its scope; it fails where that cannot be had. */
  private async bound(run: CachedRun, step: CompiledStep, prepared: (scope: Scope) => Prepared): Promise<Prepared> {
    const scope = await this.commit.values.scopeOf(run, step);
    return scope.ok ? prepared(scope.value) : { event: { type: 'prepare-failed', step: step.index, failure: scope.failure }, items: [] };
  }

  private enqueue(run: CachedRun, { step, items, attempt }: Extract<Effect, { type: 'enqueue' }>): void {
    const runId = run.facts.id;
    const { queue, cacheMs } = toolStep(run.facts.plan, step);
    const mayAnswer = Boolean(cacheMs) && attempt === 1 && !run.facts.plan.bypassCache;
    const gated = isGated(run, step);
    for (const item of items) {
      const fresh = this.start(run, { runId, step, item, attempt }, 'queued');
      const wanted = { queue, gated, runId, step, item, attempt, ...(fresh?.bound && !gated ? { inputs: fresh.bound } : {}) };
      if (mayAnswer) this.cached.add(wanted);
      else this.send(wanted);
    }
  }

  private async withdraw(run: CachedRun, step: number): Promise<void> {
    const { tx, loaded } = this.commit;
    const runId = run.facts.id;
    await this.commit.flush();
    // Where a claim begins an attempt, one without has not begun; of the others only those that were not sent.
    const waiting = toolStep(run.facts.plan, step).claim ? await tx.loadUnclaimed(runId, step) : await tx.loadGated(runId, step);
    for (const { item, attempt } of waiting) {
      loaded.itemStarted(run, { runId, step, item }, { status: 'queued', attempt });
      await this.commit.apply({ kind: 'event', runId, event: { type: 'withdrawn', step, item, attempt } });
    }
  }

  private async resend(run: CachedRun): Promise<void> {
    await this.commit.flush();
    for (const attempt of await this.commit.tx.loadQueued(run.facts.id)) {
      this.send({ ...attempt, queue: toolStep(run.facts.plan, attempt.step).queue, gated: isGated(run, attempt.step) });
    }
  }

  private send(wanted: WantedAttempt): void {
    this.commit.changes.outbox.add(wanted);
  }

  private async evaluate(run: CachedRun, { step: index, iteration }: Extract<Effect, { type: 'evaluate' }>): Promise<void> {
    const step = run.facts.plan.steps[index]!;
    if (step.kind !== 'loop') throw new Error(`step "${step.id}" is no loop`);
    const { event } = await this.bound(run, step, (scope) => ({ event: evaluateLoop(step, iteration, scope), items: [] }));
    await this.commit.apply({ kind: 'event', runId: run.facts.id, event });
  }

  /** Begins items that no worker carries out: they are running from now on. */
  private async begin(run: CachedRun, { step: index, items, attempt }: Extract<Effect, { type: 'begin' }>): Promise<void> {
    const { tx, news, newId, canDecide } = this.commit;
    const { facts } = run;
    const step = facts.plan.steps[index]!;
    const inputs = await this.inputsOf(facts.id, index, items);
    for (const item of items) {
      const ref = { runId: facts.id, step: index, item, attempt };
      const bound = inputs.get(item) ?? {};
      const signal = step.kind === 'wait' && step.ms === null ? await tx.takeSignal(facts.id, String(bound['signal'])) : undefined;
      const { timer, approval, decision, child } = beginItem(step, { facts, ref, inputs: bound, signal, newId });
      this.start(run, ref, 'running');
      if (timer) this.setTimer(facts.id, decision && !canDecide ? 0 : timer.delayMs, timer.event);
      if (approval) this.commit.changes.approvals.push(approval);
      if (decision && canDecide) news.decisions.push(decision);
      if (child) await this.commit.create({ kind: 'create', run: child });
    }
  }

  /** Starts an attempt, as a job or by itself. @returns the item, when this commit has made it and not yet written */
  private start(run: CachedRun, ref: AttemptRef, status: 'queued' | 'running'): NewItem | undefined {
    const { changes, loaded } = this.commit;
    const key = itemKey(ref.runId, ref.step, ref.item);
    const fresh = changes.newItems.get(key);
    if (fresh) {
      fresh.status = status;
      fresh.attempt = ref.attempt;
    } else changes.itemUpdates.set(key, { ...ref, status, failure: null, output: null, workerId: null, durationMs: null });
    loaded.itemStarted(run, ref, { status, attempt: ref.attempt });
    return fresh;
  }

  private async inputsOf(runId: string, step: number, items: readonly number[]): Promise<Map<number, JsonObject>> {
    const { changes } = this.commit;
    const known = new Map(items.map((item): [number, JsonObject | null | undefined] => [item, changes.newItems.get(itemKey(runId, step, item))?.bound]));
    const missing = items.filter((item) => !known.get(item));
    if (missing.length === 0) return known as Map<number, JsonObject>;
    await this.commit.flush();
    return new Map([...known as Map<number, JsonObject>, ...await this.commit.tx.loadInputs(runId, step, missing)]);
  }

  private setTimer(runId: string, delayMs: number, event: TimedEvent): void {
    this.commit.changes.timers.push({ runId, delayMs, event });
    this.commit.news.timers = true;
  }

  /** Asks whether an attempt of unknown outcome took place, by a run of its own; once for each attempt. */
  private async probe({ facts }: CachedRun, { step: index, item, attempt }: Extract<Effect, { type: 'probe' }>): Promise<void> {
    const { id, probe } = toolStep(facts.plan, index);
    const ref = { runId: facts.id, step: index, item, attempt };
    await this.commit.flush();
    const attempted = await this.commit.tx.loadProbed(ref);
    if (!probe || !attempted || attempted.isProbed) return;
    const { plan, inputs } = probeRun({ id, probe }, { bound: attempted.inputs, claimedAt: attempted.claimedAt });
    await this.commit.create({ kind: 'create', run: childOf(facts, { id: this.commit.newId(), plan, inputs, parentAttempt: ref }) });
  }

  /** The end of a sub-plan's run is the end of the item that it carried out; that of a probe settles the attempt when it could tell. */
  private async tellParent(run: CachedRun): Promise<void> {
    const { parent, plan } = run.facts;
    if (!parent) return;
    const asked = (await this.commit.facts.get([parent.runId])).get(parent.runId)?.plan.steps[parent.step];
    if (asked?.kind === 'tool') {
      const answer = asked.probe && probeAnswer(asked.probe, await this.commit.values.outputOf(run, 0));
      if (answer === null) return;
      const settlement = { status: answer ? 'succeeded' as const : 'failed' as const, actor: `probe:${asked.probe!.step.tool}`, reason: `it ${answer ? 'took' : 'did not take'} place, says run ${run.facts.id}` };
      this.setTimer(parent.runId, 0, { kind: 'settle', step: parent.step, item: parent.item, attempt: parent.attempt, settlement });
      return;
    }
    const steps: JsonObject = {};
    for (const { index, id, scope, guard } of plan.steps) {
      if (!scope && !guard) steps[id] = await this.commit.values.outputOf(run, index) ?? null;
    }
    const { runId, step, item, attempt } = parent;
    this.setTimer(runId, 0, { kind: 'finish', step, item, attempt, ending: endingOf(run, steps) });
  }
}

/** Whether items of a step may have runs of their own. */
function hasChildren(step: CompiledStep): boolean {
  return step.kind === 'orchestration' || (step.kind === 'tool' && Boolean(step.probe));
}

/** Whether attempts of a step need a lock, or leave by a rate limit, before they are sent. */
function isGated({ facts, state }: CachedRun, step: number): boolean {
  const { lock, rate } = policyOf(facts.plan, state, step);
  return lock !== undefined || rate !== undefined;
}

/** Whether items of a step may hold locks. */
export function mayLock({ facts, state }: CachedRun, step: number): boolean {
  return facts.plan.steps[step]!.map.lock !== undefined || state.overrides[step] !== undefined;
}
