import { failure, ITEM_STATUSES, type FailureCode } from '@opsmesh/contracts';
import { deepStrictEqual as equal, ok } from 'node:assert';
import fc from 'fast-check';
import { shapeOf } from './plan-shape.js';
import type { CompiledPlan } from './plan.js';
import { isTerminalItem, isTerminalRun, isTerminalStep, itemRange } from './run-state.js';
import { randomPlan, type RandomPlan } from './testing/random-plans.js';
import { type Simulation, started } from './testing/simulation.js';

const CODES: FailureCode[] = ['unreachable', 'nonzero-exit', 'timed-out', 'connection-lost', 'auth-failed', 'cancelled', 'signal-timeout'];
const KINDS = ['succeed', 'succeed', 'succeed', 'fail', 'fail', 'claim', 'lose', 'timer', 'wave', 'cancel', 'time-out', 'pause', 'resume', 'policy', 'resolve', 'repeat', 'stale-answer', 'stale'] as const;
const aMove = fc.record({ kind: fc.constantFrom(...KINDS), pick: fc.nat(), code: fc.constantFrom(...CODES), twice: fc.boolean() });
type Move = typeof aMove extends fc.Arbitrary<infer T> ? T : never;

function play(run: Simulation, { kind, pick, code }: Move): void {
  const of = <T>(all: readonly T[]): T | undefined => all[pick % Math.max(1, all.length)];
  const started = [...run.sent, ...run.begun];
  // The newest ones more often: older ones have mostly ended.
  const attempt = pick % 3 === 0 ? of(started) : started.at(-1 - (pick % Math.max(1, Math.min(4, started.length))));
  const by = { reason: 'seen', actor: 'ann' };
  const rarely = pick % 9 === 0;
  switch (kind) {
    case 'succeed': if (attempt) run.succeed(attempt.step, attempt.item, attempt.attempt); return;
    case 'fail': if (attempt) run.fail(failure(code, 'x'), attempt); return;
    case 'claim': if (attempt) run.apply({ type: 'claimed', ...attempt }); return;
    case 'lose': if (attempt) run.apply({ type: 'lost', ...attempt }); return;
    case 'timer': { const t = of(run.timers); if (t) run.apply({ type: 'retry-due', step: t.step, item: t.item, attempt: t.attempt }); return; }
    case 'wave': { const t = of(run.waveTimers); if (t) run.apply({ type: 'wave-due', step: t.step, wave: t.wave }); return; }
    case 'cancel': if (rarely) run.apply({ type: 'cancel' }); return;
    case 'time-out': if (rarely) run.apply({ type: 'timed-out' }); return;
    case 'pause': case 'resume': run.apply({ type: kind }); return;
    case 'policy': run.apply({ type: 'policy-changed', step: pick % run.plan.steps.length, map: { concurrency: 1 + (pick % 5), waves: null }, actor: 'ann' }); return;
    case 'resolve': if (attempt) run.apply({ type: 'resolved', ...attempt, status: pick % 2 ? 'succeeded' : 'failed', ...by }); return;
    case 'repeat': if (attempt) run.apply({ type: 'repeat', ...attempt, ...by }); return;
    case 'stale-answer': {
      const answer = of(run.answers);
      // What is still waited for is answered by the engine at once, so only other answers can come late.
      if (answer && 'step' in answer && run.state.steps[answer.step]!.status !== 'waiting') run.apply(answer);
      return;
    }
    case 'stale': run.succeed(pick % 7, pick % 9, pick % 3);
  }
}

/** Invariants of run-state.ts. */
function check(run: Simulation): void {
  const { plan, state } = run;
  for (const [index, step] of state.steps.entries()) {
    const { scope } = plan.steps[index]!;
    if (step.status === 'running' || step.status === 'open') {
      const around = scope && state.steps[scope.step]!;
      ok(!around || (around.status === 'open' && around.arm === scope.arm), 'runs only while what is around it is open'); // 6
    }
    if (step.status === 'open') continue;
    if (shapeOf(plan).children[index]!.length > 0) {
      if (isTerminalStep(step)) ok(shapeOf(plan).inside[index]!.every((i) => isTerminalStep(state.steps[i]!))); // 4
      continue;
    }
    if (step.status === 'waiting') continue;
    const { from, to } = itemRange(step);
    const items = [...run.items].filter(([key]) => key.startsWith(`${index}.`) && Number(key.split('.')[1]) >= from).map(([, item]) => item);
    equal(step.counts, Object.fromEntries(ITEM_STATUSES.map((s) => [s, items.filter((i) => i.status === s).length]))); // 1
    equal(items.length, to - from);
    equal(isTerminalStep(step), items.every((i) => isTerminalItem(i.status))); // 4
  }
  equal(isTerminalRun(state.status), state.steps.every(isTerminalStep)); // 4
  equal(run.finished, isTerminalRun(state.status) ? 1 : 0);
  checkMemory(run);
}

/** A loop remembers exactly what ran in the iteration before: its items are all over, and those of the next begin behind them. */
function checkMemory({ plan, state, items, history }: Simulation): void {
  for (const [index, loop] of state.steps.entries()) {
    const made = plan.steps[index]!;
    if (loop.status !== 'open' || made.kind !== 'loop') continue;
    const [before, now] = history.flatMap((h, i) => (h.type === 'step.opened' && h.step === index ? [i] : [])).slice(-2);
    const ran = loop.iteration === 0 ? [] : history.slice(before, now).filter((h) => h.type === 'step.started').map((h) => h.step!);
    for (const { by, from, to } of loop.remembered) {
      ok(ran.includes(by), 'what is remembered ran');
      equal(itemRange(state.steps[by]!).from, to);
      for (let i = from; i < to; i++) ok(isTerminalItem(items.get(`${by}.${i}`)!.status));
    }
    for (const i of made.remembers) if (ran.includes(i)) ok(loop.remembered.some((r) => r.step === i), 'what ran is remembered');
  }
}

/** Every step ends once, and in a loop once in each iteration. */
function checkEnds(plan: CompiledPlan, run: Simulation): void {
  const ends = plan.steps.map(() => 0);
  for (const { type, step, data } of run.history) {
    if (type === 'step.opened' && data['iteration'] !== 0) for (const i of shapeOf(plan).inside[step!]!) ends[i] = 0;
    if (type === 'step.finished' || type === 'step.skipped') ok(++ends[step!]! === 1, `step ${step} ended twice`);
  }
  equal(run.history.map((h) => h.seq), run.history.map((_, i) => i + 1));
}

function settle(run: Simulation): void {
  run.apply({ type: 'resume' });
  for (let round = 0; round < 300 && !isTerminalRun(run.state.status); round++) {
    for (const t of run.timers.splice(0)) run.apply({ type: 'retry-due', step: t.step, item: t.item, attempt: t.attempt });
    for (const t of run.waveTimers.splice(0)) run.apply({ type: 'wave-due', step: t.step, wave: t.wave });
    for (const s of [...run.sent, ...run.begun]) run.succeed(s.step, s.item, s.attempt);
  }
}

const moves = fc.array(aMove, { maxLength: 80, size: 'max' });
const RUNS = 1500;

function played(made: RandomPlan, all: readonly Move[], each: (run: Simulation, move: Move, before: Simulation['state']) => void): Simulation {
  const run = started(made.plan, made.worlds);
  check(run);
  for (const move of all) {
    const before = run.state;
    play(run, move);
    each(run, move, before);
  }
  return run;
}

it('any plan of any kinds of steps under any order of events keeps the invariants at every moment, and ends when everything is answered', () => {
  fc.assert(fc.property(randomPlan, moves, (made, all) => {
    const run = played(made, all, check);
    settle(run);
    check(run);
    checkEnds(made.plan, run);
    ok(isTerminalRun(run.state.status));
  }), { numRuns: RUNS });
});

it('an event that comes twice changes nothing the second time', () => {
  fc.assert(fc.property(randomPlan, moves, (made, all) => {
    played(made, all, (run, move) => {
      // A lost attempt may be lost again, a claim of what may be repeated be taken over, and what a move names may be another thing by now.
      // What is told late of an attempt in doubt that another one has followed is news the first time.
      if (!move.twice || ['lose', 'claim', 'repeat', 'stale-answer'].includes(move.kind)) return;
      const once = { state: run.state, sent: run.sent.length + run.begun.length };
      const { sent, begun } = run;
      const attempts = [...sent, ...begun];
      if (move.kind !== 'succeed') return;
      for (const a of attempts) if (isTerminalItem(run.items.get(`${a.step}.${a.item}`)!.status) && run.items.get(`${a.step}.${a.item}`)!.status !== 'unknown' && run.past.get(`${a.step}.${a.item}.${a.attempt}`) !== 'unknown') run.succeed(a.step, a.item, a.attempt);
      equal({ state: run.state, sent: run.sent.length + run.begun.length }, once);
    });
  }), { numRuns: RUNS / 3 });
});

it('nothing starts once a run stops, and a run that ended never goes on', () => {
  fc.assert(fc.property(randomPlan, moves, (made, all) => {
    let sent: string[] | undefined;
    played(made, all, (run, _move, before) => {
      if (isTerminalRun(before.status)) ok(isTerminalRun(run.state.status));
      if (before.stopping === null) return;
      // Attempts that were never claimed are sent again under the same number only before the stop.
      const now = [...run.sent, ...run.begun].map((a) => `${a.step}.${a.item}.${a.attempt}`);
      sent ??= now;
      equal(now, sent);
    });
  }), { numRuns: RUNS / 3 });
});

it('a step in no loop never leaves its end', () => {
  fc.assert(fc.property(randomPlan, moves, (made, all) => {
    const isInLoop = (index: number): boolean => {
      for (let { scope } = made.plan.steps[index]!; scope; { scope } = made.plan.steps[scope.step]!) if (made.plan.steps[scope.step]!.kind === 'loop') return true;
      return false;
    };
    played(made, all, (run, _move, before) => {
      for (const [i, step] of before.steps.entries()) if (isTerminalStep(step) && !isInLoop(i)) ok(isTerminalStep(run.state.steps[i]!));
    });
  }), { numRuns: RUNS / 3 });
});

it('the plans that are drawn reach what these rules are about', () => {
  const seen = new Set<string>();
  for (const [made, all] of fc.sample(fc.tuple(randomPlan, moves), { numRuns: 400, seed: 7 })) {
    let remembers = false;
    const run = played(made, all, ({ state }) => { remembers ||= state.steps.some((s) => s.status === 'open' && s.remembered.some((r) => r.to > r.from)); });
    settle(run);
    for (const h of run.history) seen.add(h.type);
    for (const s of run.state.steps) if (isTerminalStep(s) && s.opened) seen.add(`iterations ${s.opened.iterations}`);
    if (remembers) seen.add('remembered');
    if (run.begun.length > 0) seen.add('begun');
  }
  for (const what of ['step.opened', 'step.wave-started', 'step.adapted', 'step.policy-changed', 'item.repeated', 'item.resolved', 'item.unknown', 'begun', 'iterations 2', 'remembered']) ok(seen.has(what), what);
});
