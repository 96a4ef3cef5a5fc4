import { failure, ITEM_STATUSES, type FailureCode } from '@opsmesh/contracts';
import { deepStrictEqual as equal, ok } from 'node:assert';
import fc from 'fast-check';
import { toolStep, type CompiledPlan } from './plan.js';
import { isTerminalItem, isTerminalRun, isTerminalStep } from './run-state.js';
import { activeItems } from './map-items.js';
import { plan, step } from './testing/plans.js';
import { type Simulation, started } from './testing/simulation.js';

const CODES: FailureCode[] = ['unreachable', 'nonzero-exit', 'timed-out', 'connection-lost', 'auth-failed', 'cancelled', 'worker-lost', 'stop-unconfirmed'];

const aPlan = fc.array(fc.record({
  dependsOn: fc.nat(), idempotent: fc.boolean(), concurrency: fc.integer({ min: 1, max: 4 }), total: fc.integer({ min: 0, max: 6 }), unbound: fc.nat({ max: 63 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }), onFailure: fc.constantFrom('fail' as const, 'continue' as const), threshold: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }), critical: fc.boolean(),
}), { minLength: 1, maxLength: 5 }).map((specs) => ({
  plan: plan(...specs.map((s, i) => step(i, {
    dependsOn: [...Array(i).keys()].filter((d) => (s.dependsOn >> d) & 1), needsValueOf: [...Array(i).keys()].filter((d) => (s.dependsOn >> d) & (s.dependsOn >> (d + 5)) & 1), forEach: '<<x>>', idempotent: s.idempotent,
    onFailure: s.onFailure, critical: s.critical, map: { concurrency: s.concurrency, ...(s.threshold === undefined ? {} : { failureThreshold: { count: s.threshold } }) },
    retry: { maxAttempts: s.maxAttempts, backoff: { initialMs: 10, factor: 2, maxMs: 100, jitter: true } },
  }))),
  lists: specs.map((s) => ({ total: s.total, unbound: [...Array(s.total).keys()].filter((i) => (s.unbound >> i) & 1) })),
}));

/** What the world does next: a choice among what was sent, with what comes of it, and whether it is told twice or for the wrong attempt. */
const aMove = fc.record({ kind: fc.constantFrom('succeed', 'fail', 'claim', 'lose', 'timer', 'cancel', 'pause', 'resume', 'time-out', 'stale'), pick: fc.nat(), code: fc.constantFrom(...CODES), twice: fc.boolean() });
type Move = { kind: string; pick: number; code: FailureCode; twice: boolean };

function play(run: Simulation, move: Move): void {
  const of = <T>(all: readonly T[]): T | undefined => all[move.pick % Math.max(1, all.length)];
  const sent = of(run.sent);
  const timer = of(run.timers);
  const rarely = move.pick % 7 === 0;
  switch (move.kind) {
    case 'succeed': if (sent) run.succeed(sent.step, sent.item, sent.attempt); break;
    case 'fail': if (sent) run.fail(failure(move.code, 'x'), sent); break;
    case 'claim': if (sent) run.apply({ type: 'claimed', ...sent }); break;
    case 'lose': if (sent) run.apply({ type: 'lost', ...sent }); break;
    case 'timer': if (timer) run.apply({ type: 'retry-due', step: timer.step, item: timer.item, attempt: timer.attempt }); break;
    case 'stale': run.succeed(move.pick % 5, move.pick % 9, move.pick % 3); break;
    case 'cancel': if (rarely) run.apply({ type: 'cancel' }); break;
    case 'time-out': if (rarely) run.apply({ type: 'timed-out' }); break;
    case 'pause': run.apply({ type: 'pause' }); break;
    case 'resume': run.apply({ type: 'resume' }); break;
    default: throw new Error(move.kind);
  }
}

/** Invariants of run-state.ts, checked against the items themselves. */
function check(run: Simulation): void {
  for (const [index, state] of run.state.steps.entries()) {
    const items = [...run.items].filter(([key]) => key.startsWith(`${index}.`)).map(([, item]) => item);
    if (state.status === 'waiting' || state.status === 'open') continue;
    const counted = Object.fromEntries(ITEM_STATUSES.map((s) => [s, items.filter((i) => i.status === s).length]));
    equal(state.counts, counted); // 1
    if (state.status === 'running') ok(activeItems(state) <= run.plan.steps[index]!.map.concurrency); // 3
    equal(isTerminalStep(state), items.every((i) => isTerminalItem(i.status))); // 4
  }
  equal(isTerminalRun(run.state.status), run.state.steps.every(isTerminalStep)); // 4
  equal(run.history.map((h) => h.seq), run.history.map((_, i) => i + 1));
  equal(run.finished, isTerminalRun(run.state.status) ? 1 : 0);
  for (const { step: s, item, attempt } of run.sent) {
    const { idempotent } = toolStep(run.plan, s);
    const claims = run.history.filter((h) => h.type === 'item.running' && h.step === s && h.item === item && h.data['attempt'] === attempt);
    if (!idempotent) ok(claims.length <= 1);
  }
}

/** Answers whatever is still open, so that every run ends. */
function settle(run: Simulation): void {
  run.apply({ type: 'resume' });
  for (let round = 0; round < 200 && !isTerminalRun(run.state.status); round++) {
    for (const t of run.timers.splice(0)) run.apply({ type: 'retry-due', step: t.step, item: t.item, attempt: t.attempt });
    for (const s of [...run.sent]) run.succeed(s.step, s.item, s.attempt);
  }
}

const RUNS = 1000;

it('any plan under any order of events keeps the invariants at every moment, and ends when everything is answered', () => {
  fc.assert(fc.property(aPlan, fc.array(aMove, { maxLength: 60, size: 'max' }), (made: { plan: CompiledPlan; lists: { total: number; unbound: number[] }[] }, moves: Move[]) => {
    const run = started(made.plan, made.lists);
    check(run);
    for (const move of moves) {
      const told = run.sent[move.pick % Math.max(1, run.sent.length)];
      play(run, move);
      if (move.twice && move.kind === 'succeed' && told) {
        const { state, sent } = run;
        const before = sent.length;
        run.succeed(told.step, told.item, told.attempt);
        equal([run.state, sent.length], [state, before]);
      }
      check(run);
    }
    settle(run);
    check(run);
    ok(isTerminalRun(run.state.status));
  }), { numRuns: RUNS });
});

it('a step that is terminal never changes but for what was unknown', () => {
  fc.assert(fc.property(aPlan, fc.array(aMove, { maxLength: 60, size: 'max' }), (made, moves) => {
    const run = started(made.plan, made.lists);
    for (const move of moves) {
      const before = run.state.steps;
      play(run, move);
      for (const [i, state] of before.entries()) {
        if (isTerminalStep(state) && state.counts.unknown === 0) equal(run.state.steps[i], state);
      }
    }
  }), { numRuns: RUNS });
});
