import { failure, ITEM_STATUSES, type ItemStatus } from '@opsmesh/contracts';
import type { RunState, StepState } from '@opsmesh/plan-model';
import fc from 'fast-check';
import { decodeState, encodeState } from './state-codec.js';

const counts = fc.tuple(...ITEM_STATUSES.map(() => fc.nat())).map((n) => Object.fromEntries(ITEM_STATUSES.map((s, i) => [s, n[i]!])) as Record<ItemStatus, number>);
const aStep: fc.Arbitrary<StepState> = fc.oneof(
  fc.constant({ status: 'waiting' as const }),
  fc.record({ status: fc.constant('running' as const), total: fc.nat(), next: fc.nat(), counts, unbound: fc.array(fc.nat()) }),
  fc.record({
    status: fc.constantFrom('succeeded' as const, 'partial' as const, 'failed' as const, 'skipped' as const, 'cancelled' as const), total: fc.option(fc.nat(), { nil: null }), counts,
    failure: fc.option(fc.constant({ ...failure('unreachable', 'x') }), { nil: null }),
  }),
);
const aState: fc.Arbitrary<RunState> = fc.record({
  status: fc.constantFrom('running' as const, 'paused' as const, 'completed' as const), stopping: fc.constantFrom(null, 'cancelled' as const, 'timed-out' as const), seq: fc.nat(), steps: fc.array(aStep),
});

it('every state comes back as it was', () => {
  fc.assert(fc.property(aState, (state) => { expect(decodeState(encodeState(state))).toEqual(state); }));
});

it('a finished step of one item takes less than 40 bytes', () => {
  const step: StepState = { status: 'succeeded', total: 1, counts: { pending: 0, queued: 0, running: 0, succeeded: 1, failed: 0, unknown: 0, skipped: 0, cancelled: 0 }, failure: null };
  const size = (n: number): number => encodeState({ status: 'running', stopping: null, seq: 1, steps: Array.from({ length: n }, () => step) }).length;
  expect(size(2) - size(1)).toBeLessThan(40);
});
