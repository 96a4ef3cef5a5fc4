import { attemptId, canonicalJson } from '@opsmesh/contracts';
import type { CompiledStep, RunState } from '@opsmesh/plan-model';
import type { AttemptRef } from '../engine/positions.js';
import type { ItemRow, RunRows } from './database.js';
import { attemptKey, placeOf } from './keys.js';
import type { Ledger } from './ledger.js';

/** What a run that is over is held against. */
export interface Ended {
  readonly state: RunState;
  readonly runs: ReadonlyMap<string, RunRows>;
  readonly ledger: Ledger;
}

interface Broken { readonly rule: string; readonly detail: string }

/** The run that carried out an attempt of a sub-plan, if there is one. */
export function childOf(runs: ReadonlyMap<string, RunRows>, attempt: AttemptRef): RunRows | undefined {
  return [...runs.values()].find(({ facts: { parent } }) => parent && attemptKey(parent) === attemptKey(attempt));
}

/** What must be true of a run when nothing is left to do. @returns what is broken */
export function endRules(run: RunRows, ended: Ended): Broken[] {
  const items = [...run.items.values()].flatMap((item) => [...itemRules(run, item, ended), ...wordRules(run, item, ended)]);
  return [...items, ...outcomeRules(run, ended.state)];
}

function* itemRules(run: RunRows, item: ItemRow, { runs, ledger }: Ended): Generator<Broken> {
  const step = run.facts.plan.steps[item.step]!;
  const id = attemptId({ runId: run.facts.id, stepId: step.id, item: item.item, attempt: item.attempt });
  if (step.kind === 'tool' && item.status === 'succeeded' && item.attempt > 0 && !ledger.said.has(`${id} succeeded`) && !resolvedByPerson(run, item) && item.cachedFrom === null) yield { rule: 'outcome', detail: `${id} succeeded, but no worker said so` };
  if (step.kind === 'orchestration' && item.status === 'unknown' && !isDoubtful(childOf(runs, { runId: run.facts.id, step: item.step, item: item.item, attempt: item.attempt }))) yield { rule: 'unknown is explained', detail: `${id} is unknown, and everything in its run is known` };
  if (timedOutBesideSignal(run, step, item)) yield { rule: 'signals', detail: `${id} timed out while its signal is kept` };
}

function isDoubtful(child: RunRows | undefined): boolean {
  return child !== undefined && [...child.items.values()].some((i) => i.status === 'unknown');
}

function timedOutBesideSignal({ signals }: RunRows, step: CompiledStep, { failure, inputs, startedAt }: ItemRow): boolean {
  return step.kind === 'wait' && failure?.code === 'signal-timeout' && signals.some((s) => s.name === inputs?.['signal'] && s.at < (startedAt ?? 0) + (step.timeoutMs ?? 0));
}

/** What a cached result answers was a call with the same inputs that succeeded; a probe says what is so, and goes on being so. */
function* wordRules(run: RunRows, item: ItemRow, { runs, ledger }: Ended): Generator<Broken> {
  if (item.cachedFrom) {
    const { runId, step, item: number } = item.cachedFrom;
    const origin = runs.get(runId);
    const from = origin?.items.get(placeOf({ step: origin.facts.plan.steps.findIndex((s) => s.id === step), item: number }));
    if (from?.status !== 'succeeded' || from.cachedFrom || canonicalJson(from.inputs) !== canonicalJson(item.inputs)) yield { rule: 'cache', detail: `item ${run.facts.id}.${placeOf(item)} has the result of ${runId}.${step}.${number}, which is no such call` };
  }
  const word = run.history.find((h) => h.type === 'item.resolved' && h.step === item.step && h.item === item.item && String(h.data['actor']).startsWith('probe:'));
  const acted = ledger.actsOf(run.facts.id, placeOf(item)).some((a) => a.attempt === word?.data['attempt']);
  if (word && acted !== (word.data['status'] === 'succeeded')) yield { rule: 'probe', detail: `item ${run.facts.id}.${placeOf(item)} is ${String(word.data['status'])} by its probe, and ${acted ? 'took' : 'did not take'} place` };
}

function resolvedByPerson(run: RunRows, { step, item, attempt }: ItemRow): boolean {
  return run.history.some((h) => h.type === 'item.resolved' && h.step === step && h.item === item && h.data['attempt'] === attempt && 'actor' in h.data);
}

/** A run that was not stopped is `completed` only when all critical steps of its own succeeded or were skipped for no failure. */
function* outcomeRules({ facts, status, stopping }: RunRows, state: RunState): Generator<Broken> {
  if (status === 'cancelled' && !stopping) yield { rule: 'cancel', detail: `run ${facts.id} is cancelled and nobody wanted it` };
  if (status !== 'completed') return;
  for (const step of facts.plan.steps) {
    const { status: how } = state.steps[step.index]!;
    if (step.scope || step.guard || !step.critical || step.onFailure !== 'fail') continue;
    if (how === 'failed' || how === 'partial' || how === 'cancelled') yield { rule: 'outcome', detail: `run ${facts.id} is completed and its step ${step.id} is ${how}` };
  }
}
