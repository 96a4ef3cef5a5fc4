import { failure, ITEM_STATUSES, type ItemStatus } from '@opsmesh/contracts';
import { NO_ITEMS, WAITING, type EndedStep, type RunningStep, type RunState, type StepState } from '@opsmesh/plan-model';
import fc from 'fast-check';
import { decodeState, encodeState } from './state-codec.js';

const counts = fc.tuple(...ITEM_STATUSES.map(() => fc.nat())).map((n) => Object.fromEntries(ITEM_STATUSES.map((s, i) => [s, n[i]!])) as Record<ItemStatus, number>);
const aStep: fc.Arbitrary<StepState> = fc.oneof(
  fc.record({ status: fc.constant('waiting' as const), base: fc.nat({ max: 3 }) }),
  fc.record({ status: fc.constant('running' as const), base: fc.nat({ max: 3 }), total: fc.nat(), next: fc.nat(), counts, unbound: fc.array(fc.nat()), wave: fc.nat({ max: 2 }), held: fc.boolean(), recent: fc.nat({ max: 3 }) }),
  fc.record({ status: fc.constant('open' as const), arm: fc.option(fc.nat()), iteration: fc.nat(), of: fc.option(fc.nat()), partial: fc.boolean(), remembered: fc.array(fc.record({ step: fc.nat(), by: fc.nat(), from: fc.nat(), to: fc.nat() }), { maxLength: 2 }) }),
  fc.record({
    status: fc.constantFrom('succeeded' as const, 'partial' as const, 'failed' as const, 'skipped' as const, 'cancelled' as const), base: fc.nat({ max: 3 }), total: fc.option(fc.nat(), { nil: null }), counts,
    failure: fc.option(fc.constant({ ...failure('unreachable', 'x') }), { nil: null }), opened: fc.option(fc.record({ arm: fc.option(fc.nat()), iterations: fc.nat({ max: 2 }) })),
  }),
);
const aState: fc.Arbitrary<RunState> = fc.record({
  status: fc.constantFrom('running' as const, 'paused' as const, 'completed' as const), stopping: fc.constantFrom(null, 'cancelled' as const, 'timed-out' as const), seq: fc.nat(), steps: fc.array(aStep),
  overrides: fc.constantFrom({}, { 3: { concurrency: 5, failureThreshold: null } }),
});

it('every state comes back as it was', () => {
  fc.assert(fc.property(aState, (state) => { expect(decodeState(encodeState(state))).toEqual(state); }));
});

const one: EndedStep = { status: 'succeeded', base: 0, total: 1, counts: { ...NO_ITEMS, succeeded: 1 }, failure: null, opened: null };
const running: RunningStep = { status: 'running', base: 0, total: 1, next: 1, counts: { ...NO_ITEMS, queued: 1 }, unbound: [], wave: 0, held: false, recent: 0 };

it('what a plain step does not use takes no room', () => {
  expect(encodeState({ status: 'running', stopping: null, seq: 7, steps: [one, running, WAITING], overrides: {} })).toBe('["running",null,7,[[2,1,[0,0,0,1],null],[1,1,1,[0,1],[]],0]]');
});

it('a finished step of one item takes less than 40 bytes', () => {
  const size = (n: number): number => encodeState({ status: 'running', stopping: null, seq: 1, steps: Array.from({ length: n }, () => one), overrides: {} }).length;
  expect(size(2) - size(1)).toBeLessThan(40);
});
