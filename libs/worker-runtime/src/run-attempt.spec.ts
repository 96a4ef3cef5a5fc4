import { jest } from '@jest/globals';
import { once } from 'node:events';
import { attemptId, InvalidMessage, ToolFailure, type JobDto, type ResultDto, type ConnectionDto } from '@opsmesh/contracts';
import { createLogger } from '@opsmesh/platform';
import { IsOptional, IsString } from 'class-validator';
import type { Granted } from './attempt.js';
import { AttemptRunner, type Invoke, type RunnerParts } from './run-attempt.js';
import type { ToolCall, ToolOptions } from './tool.js';

class Input { @IsOptional() @IsString() text?: string }
class Output { @IsString() text!: string }
const runId = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
const log = createLogger('spec', { level: 'silent' });

type Handler = (call: ToolCall<Input>) => unknown;

/** A runner with one tool, `do`, and what came of it. */
function setUp(options: Partial<ToolOptions> = {}, parts: Partial<RunnerParts> = {}) {
  const results: ResultDto[] = [];
  const tool: ToolOptions = { name: 'do', version: '1.0.0', description: '', input: Input, output: Output, effect: 'read', idempotent: true, timeoutMs: 1000, ...options };
  const progress = { tell: jest.fn(), end: jest.fn() };
  const metrics = { ended: jest.fn() };
  const runner = new AttemptRunner({
    presence: { mayBeGivenUpSince: () => false },
    workerId: 'w', tools: new Map([['do', { options: tool, declaration: {} as never }]]), log, progress, metrics, graceMs: 20,
    claims: { claim: async () => granted() },
    blobs: { put: async () => { throw new Error('not here'); } },
    results: { publish: async (_id, json) => { results.push(JSON.parse(json) as ResultDto); }, resend: async () => false },
    ...parts,
  });
  const run = async (handler: Handler, job: Partial<JobDto> = {}): Promise<ResultDto> => {
    const position = { runId, stepId: 's', item: 0, attempt: 1 };
    const invoke: Invoke = async (_name, call) => handler(call);
    await runner.run('do', { v: 1, attemptId: attemptId(position), ...position, tenantId: 't', actorId: 'a', tool: 'do', toolVersion: '1.0.0', input: {}, timeoutMs: 1000, claim: false, ...job }, invoke);
    return results.at(-1)!;
  };
  return { run, runner, results, progress, metrics };
}
const CONNECTION: ConnectionDto = { assetId: 'a1', hostname: 'web1', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'c1' };
const granted = (more: Partial<Granted> = {}): Granted => ({ grant: 'g', askedAt: performance.now(), expires: Date.now() / 1000 + 60, connection: CONNECTION, lease: () => Promise.reject(new Error('no lease')), renew: () => Promise.reject(new Error('claimed again')), ...more });
const CLAIMED: [Partial<ToolOptions>, Partial<JobDto>] = [{ effect: 'write', idempotent: false }, { claim: true }];
const ABORTS = { cancelled: new ToolFailure('cancelled', 'cancelled'), lost: new ToolFailure('worker-lost', 'stopped') };

describe('what a handler does becomes a result', () => {
  it.each<[string, Handler, object]>([
    ['returns its output', () => ({ text: 'a' }), { status: 'succeeded', output: { text: 'a' } }],
    ['throws a failure', () => { throw new ToolFailure('nonzero-exit', 'exit 1', { output: { text: 'o' } }); }, { status: 'failed', failure: { code: 'nonzero-exit', message: 'exit 1', retryable: true }, output: { text: 'o' } }],
    ['throws an error', () => { throw Object.assign(new TypeError('oops'), { code: 'EPIPE' }); }, { status: 'failed', failure: { code: 'tool-failed', message: 'oops', cause: 'TypeError EPIPE' } }],
    ['throws no error', () => { throw 'text'; }, { failure: { code: 'tool-failed', message: 'text' } }],
    ['returns nothing', () => undefined, { failure: { code: 'output-invalid' } }],
    ['returns too much', () => ({ text: 'a', more: 1 }), { failure: { code: 'output-invalid' } }],
  ])('%s', async (_what, handler, expected) => expect(await setUp().run(handler)).toMatchObject(expected));

  it('with the time it took, the worker, and the position', async () => {
    const { run, metrics } = setUp();
    expect(await run(() => ({ text: 'a' }))).toMatchObject({ v: 1, attemptId: `${runId}.s.0.1`, runId, stepId: 's', item: 0, attempt: 1, tenantId: 't', workerId: 'w', durationMs: expect.any(Number) });
    expect(metrics.ended).toHaveBeenCalledWith('do', 'succeeded', expect.any(Number));
  });

  it('an output too large for anything is a failure, and not lost in silence', async () => {
    expect(await setUp().run(() => ({ text: 'x'.repeat(100_000) }))).toMatchObject({ failure: { code: 'output-invalid', message: 'the output of 100011 characters could not be stored: not here' } });
  });

  it('an input that does not fit is refused before anything is claimed or called', async () => {
    const claim = jest.fn<RunnerParts['claims']['claim']>();
    const handler = jest.fn();
    expect(await setUp(CLAIMED[0], { claims: { claim } }).run(handler, { claim: true, input: { text: 7 } })).toMatchObject({ failure: { code: 'input-invalid' } });
    expect([claim.mock.calls.length, handler.mock.calls.length]).toEqual([0, 0]);
  });

  it('a long read whose job asks for no claim, as of a plan that was compiled when it needed none, is carried out', async () => {
    expect(await setUp({ timeoutMs: 60_001 }).run(() => ({ text: 'a' }), { claim: false })).toMatchObject({ status: 'succeeded' });
  });

  it('a job that can not be read is thrown back', async () => { await expect(setUp().run(() => ({ text: '' }), { item: 3 })).rejects.toThrow(InvalidMessage); });
});

describe('the context', () => {
  it('says who, what and until when', async () => {
    const { run } = setUp();
    let context!: ToolCall<Input>['context'];
    await run((call) => { context = call.context; expect(call.input).toBeInstanceOf(Input); return { text: '' }; });
    expect(context).toMatchObject({ attempt: { id: `${runId}.s.0.1`, runId, stepId: 's', item: 0, number: 1 }, tenantId: 't', actorId: 'a' });
    expect(context.deadline).toBeGreaterThan(performance.now());
    await expect(context.credential()).rejects.toMatchObject({ failure: { code: 'credential-unavailable' } });
  });

  describe('lets a tool act that was claimed', () => {
    const asserting: Handler = async ({ context }) => { await context.assertGrant(); return { text: '' }; };
    const act = (first: Partial<Granted>, parts: Partial<RunnerParts> = {}) => setUp(CLAIMED[0], { ...parts, claims: { claim: async () => granted(first) } }).run(asserting, { claim: true });
    const silentUntil = (backAt: number) => ({ presence: { mayBeGivenUpSince: (then: number) => backAt >= then } });
    const expired = { expires: Date.now() / 1000 - 1 };

    it('at once with a good grant', async () => expect(await act({ askedAt: 10 }, silentUntil(9))).toMatchObject({ status: 'succeeded' }));
    it('when it has an expired one again', async () => expect(await act({ ...expired, renew: async () => granted() })).toMatchObject({ status: 'succeeded' }));
    it('when it may have been given up, and is granted it again', async () => expect(await act({ askedAt: 10, renew: async () => granted({ askedAt: 12 }) }, silentUntil(11))).toMatchObject({ status: 'succeeded' }));
    it('not when it was given up', async () => expect(await act({ askedAt: 10, renew: async () => undefined }, silentUntil(11))).toMatchObject({ failure: { code: 'service-unavailable', retryable: true } }));
    it('not when the new grant has expired too', async () => expect(await act({ ...expired, renew: async () => granted(expired) })).toMatchObject({ failure: { code: 'grant-refused' } }));
    it('not when its target is reached in another way by now', async () => expect(await act({ ...expired, renew: async () => granted({ connection: { ...CONNECTION, address: '10.0.0.2' } }) })).toMatchObject({ failure: { code: 'target-changed' } }));
    it('not when it is cancelled meanwhile, and says that nothing was done', async () => {
      const { run, runner } = setUp(CLAIMED[0], { claims: { claim: async () => granted({ ...expired, renew: () => { runner.abort([`${runId}.s.0.1`], () => ABORTS.cancelled); return Promise.reject(new ToolFailure('cancelled', 'cancelled')); } }) } });
      expect(await run(asserting, { claim: true })).toMatchObject({ failure: { code: 'cancelled' } });
    });
  });

  it('fetches the credential once, and only for a tool that declares one', async () => {
    const lease = jest.fn<Granted['lease']>().mockResolvedValue({ kind: 'ssh', username: 'u' });
    const claims = { claim: async () => granted({ lease }) };
    const twice: Handler = async ({ context: { credential } }) => { await credential(); await credential(); return { text: '' }; };
    expect(await setUp({ ...CLAIMED[0], credential: { kind: 'ssh', target: '/text' } }, { claims }).run(twice, { claim: true })).toMatchObject({ status: 'succeeded' });
    expect(lease).toHaveBeenCalledTimes(1);
    expect(await setUp(CLAIMED[0], { claims }).run(twice, { claim: true })).toMatchObject({ failure: { code: 'credential-unavailable' } });
  });

  it('fetches those of jump hosts by their ids, a shared one once', async () => {
    const hop = (n: number, credentialId: string): ConnectionDto => ({ ...CONNECTION, assetId: `h${n}`, hostname: `hop${n}`, credentialId });
    const connection = { ...CONNECTION, via: [hop(1, 'c2'), hop(2, 'c1'), hop(3, 'c2')] };
    const lease = jest.fn<Granted['lease']>().mockResolvedValue({ kind: 'ssh', username: 'u' });
    const { run } = setUp({ ...CLAIMED[0], credential: { kind: 'ssh', target: '/text' } }, { claims: { claim: async () => granted({ lease, connection }) } });
    await run(async ({ context }) => { for (const h of [undefined, ...context.connection!.via!]) await context.credential(h); return { text: '' }; }, { claim: true });
    expect(lease.mock.calls).toEqual([['c1'], ['c2']]);
  });

  it('news after the end are dropped', async () => {
    const { run, progress } = setUp();
    let late!: () => void;
    await run(({ context }) => { late = () => { context.progress({ percent: 1 }); }; return { text: '' }; });
    late();
    expect(progress.tell).not.toHaveBeenCalled();
    expect(progress.end).toHaveBeenCalledTimes(1);
  });
});

describe('an abort', () => {
  const waiting = (settle: (call: ToolCall<Input>) => unknown): Handler => async (call) => {
    if (!call.context.signal.aborted) await once(call.context.signal, 'abort');
    return settle(call);
  };
  const rethrow = waiting(({ context }) => { throw context.signal.reason as Error; });
  const own = waiting(() => { throw new ToolFailure('cancelled', 'the command was stopped'); });
  const other = waiting(() => { throw new DOMException('aborted', 'AbortError'); });
  const finished = waiting(() => ({ text: 'just in time' }));
  const never: Handler = () => new Promise(() => undefined);

  async function aborted(handler: Handler, { reason, tool = {}, job = {} }: { reason: ToolFailure; tool?: Partial<ToolOptions>; job?: Partial<JobDto> }): Promise<ResultDto> {
    const { run, runner } = setUp(tool);
    const result = run((call) => {
      setImmediate(() => { runner.abort(runner.active.keys(), () => reason); });
      return handler(call);
    }, job);
    return result;
  }

  it.each<[string, Handler, { reason: ToolFailure; claimed: boolean | 'read' }, string]>([
    ['a read that stops', rethrow, { reason: ABORTS.cancelled, claimed: false }, 'cancelled'],
    ['a read that stops with an error', other, { reason: ABORTS.cancelled, claimed: false }, 'cancelled'],
    ['a read that does not stop', never, { reason: ABORTS.cancelled, claimed: false }, 'stop-unconfirmed'],
    ['a read whose worker stops', rethrow, { reason: ABORTS.lost, claimed: false }, 'worker-lost'],
    ['a read that was claimed, and whose worker stops', rethrow, { reason: ABORTS.lost, claimed: 'read' }, 'worker-lost'],
    ['a claimed change that confirms', own, { reason: ABORTS.cancelled, claimed: true }, 'cancelled'],
    ['a claimed change that only passes the reason on', rethrow, { reason: ABORTS.cancelled, claimed: true }, 'stop-unconfirmed'],
    ['a claimed change that stops with an error', other, { reason: ABORTS.cancelled, claimed: true }, 'stop-unconfirmed'],
    ['a claimed change that does not stop', never, { reason: ABORTS.cancelled, claimed: true }, 'stop-unconfirmed'],
    ['a claimed change whose worker stops, without a word of its own', other, { reason: ABORTS.lost, claimed: true }, 'stop-unconfirmed'],
    ['a claimed change whose worker stops, confirmed', own, { reason: ABORTS.lost, claimed: true }, 'cancelled'],
  ])('of %s', async (_what, handler, { reason, claimed }, code) => {
    expect(await aborted(handler, { reason, ...(claimed ? { tool: claimed === 'read' ? { timeoutMs: 60_001 } : CLAIMED[0], job: CLAIMED[1] } : {}) })).toMatchObject({ status: 'failed', failure: { code } });
  });

  it('does not undo what was finished in time', async () => expect(await aborted(finished, { reason: ABORTS.cancelled })).toMatchObject({ status: 'succeeded' }));

  it('of an idempotent change leaves no doubt', async () => {
    expect(await aborted(rethrow, { reason: ABORTS.cancelled, tool: { effect: 'write', idempotent: true }, job: { claim: true } })).toMatchObject({ failure: { code: 'cancelled' } });
  });

  it('before the credential was given leaves no doubt either', async () => {
    const tool: Partial<ToolOptions> = { ...CLAIMED[0], credential: { kind: 'ssh', target: '/text' } };
    expect(await aborted(rethrow, { reason: ABORTS.cancelled, tool, job: { claim: true } })).toMatchObject({ failure: { code: 'cancelled' } });
    expect(await aborted(rethrow, { reason: ABORTS.lost, tool, job: { claim: true } })).toMatchObject({ failure: { code: 'service-unavailable' } });
  });

  it('by time says how long', async () => {
    const { run } = setUp();
    expect(await run(rethrow, { timeoutMs: 5 })).toMatchObject({ failure: { code: 'timed-out', message: 'the attempt took longer than 5 ms' } });
    expect(await run(never, { timeoutMs: 5 })).toMatchObject({ failure: { code: 'stop-unconfirmed' } });
  });

  it('counts the first reason', async () => {
    const { run, runner } = setUp();
    const result = await run((call) => {
      for (const reason of [ABORTS.cancelled, ABORTS.lost]) runner.abort(runner.active.keys(), () => reason);
      return rethrow(call);
    });
    expect(result).toMatchObject({ failure: { code: 'cancelled' } });
  });

  it('that comes with the grant keeps the handler from being called', async () => {
    const handler = jest.fn();
    const set = setUp(CLAIMED[0], { claims: { claim: async (attempt) => { attempt.abort(ABORTS.cancelled); return granted(); } } });
    expect(await set.run(handler, { claim: true })).toMatchObject({ failure: { code: 'cancelled' } });
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('deliveries', () => {
  it('a refused claim leaves no result', async () => {
    const handler = jest.fn();
    expect(await setUp(CLAIMED[0], { claims: { claim: async () => undefined } }).run(handler, { claim: true })).toBeUndefined();
    expect(handler).not.toHaveBeenCalled();
  });

  it('a second delivery while the first runs is not run', async () => {
    const { run, results } = setUp();
    let release!: () => void;
    const first = run(() => new Promise((ok) => { release = () => { ok({ text: 'first' }); }; }));
    await run(() => ({ text: 'second' }));
    expect(results).toEqual([]);
    release();
    await first;
    expect(results.map((r) => r.output)).toEqual([{ text: 'first' }]);
  });

  it('an attempt is active until its result is written', async () => {
    let confirm!: () => void;
    const set = setUp({}, { results: { publish: () => new Promise((ok) => { confirm = ok; }), resend: async () => false } });
    const running = set.run(() => ({ text: '' }));
    await new Promise((ok) => setImmediate(ok));
    expect(set.runner.active.size).toBe(1);
    confirm();
    await running;
    expect(set.runner.active.size).toBe(0);
  });
});

it('secrets leave in no part of a result', async () => {
  const { run } = setUp({ ...CLAIMED[0], credential: { kind: 'ssh', target: '/text' } }, {
    claims: { claim: async () => granted({ lease: async () => ({ kind: 'ssh', username: 'u', password: 'hunter2' }) }) },
  });
  const leak = async ({ context }: ToolCall<Input>): Promise<never> => {
    await context.credential();
    throw new ToolFailure('auth-failed', 'hunter2 was refused', { cause: 'bad hunter2', output: { text: 'hunter2' } });
  };
  const result = await run(leak, { claim: true });
  expect(result).toMatchObject({ failure: { code: 'auth-failed', message: '[redacted] was refused', cause: 'bad [redacted]' }, output: { text: '[redacted]' } });
  expect(JSON.stringify(result)).not.toContain('hunter2');
});
