import { failure } from '@opsmesh/contracts';
import { compileDocument } from './compile.js';
import type { CompiledPlan, ProbePolicy, ToolStep } from './plan.js';
import { probeAnswer, PROBE_AFTER_MS, probeRun } from './probe.js';
import { bind } from './bind.js';
import { catalogueOf, PING, RUN_COMMAND } from './testing/catalogue.js';
import { plan, step } from './testing/plans.js';
import { scope } from './testing/scopes.js';
import { type Simulation, started } from './testing/simulation.js';

const RESTART = { ...RUN_COMMAND, name: 'restart', probe: { tool: 'ping', inputs: { target_host: '/target_host', count: '/tries' }, since: 'since', answer: 'reachable' } };
const restart = [{ id: 'r', tool: 'restart', inputs: { target_host: 'h', command: 'x' } }];
const probeIn = (made: CompiledPlan | null): ProbePolicy | null | undefined => (made?.steps[0] as ToolStep | undefined)?.probe;
const probe = probeIn(compileDocument(restart, catalogueOf(RESTART, PING)).plan)!;
const lost = failure('connection-lost', 'gone');

it('the probe of a tool is compiled with the step, if it is there and only reads', () => {
  expect(probe).toMatchObject({ step: { tool: 'ping', toolVersion: '1.2.0', queue: 'network-service', claim: false, target: '/target_host' }, since: 'since', answer: 'reachable' });
  for (const tools of [catalogueOf(RESTART), catalogueOf(RESTART, { ...PING, effect: 'write' }), catalogueOf(RESTART, { ...PING, idempotent: false }), catalogueOf({ ...RESTART, idempotent: true }, PING)]) expect(probeIn(compileDocument(restart, tools).plan)).toBeNull();
});

it('its run has the inputs of the attempt that there are, and the time of its claim, as values', () => {
  const { plan: made, inputs } = probeRun({ id: 'r', probe }, { bound: { target_host: '<<input.other>>', command: 'x' }, claimedAt: '2026-01-01T00:00:00.000Z' });
  expect(inputs).toEqual({ target_host: '<<input.other>>', since: '2026-01-01T00:00:00.000Z' });
  expect(bind(made.steps[0]!.inputs, scope({ input: inputs }), [])).toEqual({ ok: true, value: inputs });
});

it.each([[{ reachable: true }, true], [{ reachable: false }, false], [{ reachable: null }, null], [{ reachable: 'yes' }, null], [{}, null], [undefined, null], [[], null]])('the output %j answers %j', (output, answer) => {
  expect(probeAnswer(probe, output)).toBe(answer);
});

describe('an attempt of unknown outcome', () => {
  function unknown(more: Partial<ToolStep> = {}): Simulation {
    const run = started(plan(step(0, { probe, ...more })));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.fail(lost, { step: 0, item: 0 });
    return run;
  }
  const due = { type: 'probe-due', step: 0, item: 0, attempt: 1 } as const;

  it('is probed when it can not begin any more, also after the end of its run', () => {
    const run = unknown();
    expect(run.state.status).toBe('failed');
    expect(run.probeTimers).toEqual([{ type: 'probe-timer', step: 0, item: 0, attempt: 1, delayMs: PROBE_AFTER_MS }]);
    run.apply(due);
    expect(run.probes).toEqual([{ type: 'probe', step: 0, item: 0, attempt: 1 }]);
    run.apply({ type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'seen', actor: 'probe:ping' });
    expect([run.state.status, run.history.at(-1)]).toMatchObject(['completed', { type: 'item.resolved', data: { actor: 'probe:ping', status: 'succeeded' } }]);
  });

  it('is not probed when its tool has no probe, when it became known, when it is repeated, or when its run stops', () => {
    expect(unknown({ probe: null }).probeTimers).toEqual([]);
    const known = unknown();
    known.succeed(0, 0);
    known.apply(due);
    expect(known.probes).toEqual([]);
    const cancelled = started(plan(step(0, { probe })));
    cancelled.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    cancelled.apply({ type: 'cancel' });
    cancelled.fail(lost, { step: 0, item: 0 });
    cancelled.apply(due);
    expect([cancelled.items.get('0.0')!.status, cancelled.probeTimers, cancelled.probes]).toEqual(['unknown', [], []]);
    const other = unknown();
    other.apply({ ...due, attempt: 2 });
    expect(other.probes).toEqual([]);
  });

  it('waits with its probe while the run is paused', () => {
    const run = started(plan(step(0, { probe }), step(1)));
    run.apply({ type: 'claimed', step: 0, item: 0, attempt: 1 });
    run.fail(lost, { step: 0, item: 0 });
    run.apply({ type: 'pause' });
    run.apply(due);
    expect(run.probes).toEqual([]);
    run.apply({ type: 'resume' });
    run.apply(due);
    expect(run.probes).toHaveLength(1);
  });

  it('has the outcome that was committed first, whoever says another one later', () => {
    const run = unknown();
    run.succeed(0, 0);
    expect(run.apply({ type: 'resolved', step: 0, item: 0, attempt: 1, status: 'failed', reason: 'not seen', actor: 'probe:ping' })).toBe(false);
    const probed = unknown();
    probed.apply({ type: 'resolved', step: 0, item: 0, attempt: 1, status: 'failed', reason: 'not seen', actor: 'probe:ping' });
    expect(probed.succeed(0, 0)).toBe(false);
  });
});
