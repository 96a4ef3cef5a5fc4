import { ProblemError } from './problem-error.js';
import { BatchClient } from './batch-client.js';
import { Gathered } from './gathered.js';

const turn = () => new Promise<void>((ok) => setImmediate(ok));

/** Echoes questions, batch by batch; a batch is answered when `finish` is called. */
function echo({ most = 10, atOnce }: { most?: number; atOnce?: number } = {}) {
  const batches: { questions: string[]; finish: () => void; fail: (e: Error) => void }[] = [];
  const gathered = new Gathered<string, string>((questions) => new Promise((ok, bad) => {
    batches.push({ questions: [...questions], fail: bad, finish: () => ok(questions.map((q) => (q.startsWith('bad') ? { status: 'rejected', reason: new Error(q) } : { status: 'fulfilled', value: q.toUpperCase() }))) });
  }), { most, ...(atOnce === undefined ? {} : { atOnce }) });
  return { gathered, batches, asked: () => batches.map((b) => b.questions) };
}

it('the questions of one turn leave together, and each gets its own answer', async () => {
  const { gathered, batches, asked } = echo();
  const answers = Promise.allSettled(['a', 'bad', 'c'].map((q) => gathered.ask(q)));
  await turn();
  expect(asked()).toEqual([['a', 'bad', 'c']]);
  batches[0]!.finish();
  expect(await answers).toEqual([{ status: 'fulfilled', value: 'A' }, { status: 'rejected', reason: new Error('bad') }, { status: 'fulfilled', value: 'C' }]);
});

it('what comes while two batches are under way goes together, after one of them', async () => {
  const { gathered, batches, asked } = echo();
  for (const q of ['a', 'b', 'c', 'd']) {
    void gathered.ask(q);
    await turn();
  }
  expect(asked()).toEqual([['a'], ['b']]);
  batches[1]!.finish();
  await turn();
  await turn();
  expect(asked()).toEqual([['a'], ['b'], ['c', 'd']]);
});

it('no batch is larger than it may be', async () => {
  const { gathered, asked } = echo({ most: 2, atOnce: 5 });
  for (const q of ['a', 'b', 'c']) void gathered.ask(q);
  await turn();
  await turn();
  expect(asked()).toEqual([['a', 'b'], ['c']]);
});

it('a batch that fails as a whole fails each of its questions, and the next is asked', async () => {
  const { gathered, batches } = echo({ atOnce: 1 });
  const lost = [gathered.ask('a'), gathered.ask('b')];
  await turn();
  const next = gathered.ask('c');
  batches[0]!.fail(new Error('away'));
  for (const one of lost) await expect(one).rejects.toThrow('away');
  await turn();
  batches[1]!.finish();
  expect(await next).toBe('C');
});

it('who gives up is told so at once; the question is not sent if it still waits, and the others go on', async () => {
  const { gathered, batches, asked } = echo({ atOnce: 1 });
  const abort = new AbortController();
  const first = gathered.ask('a', abort.signal);
  await turn();
  const waiting = [gathered.ask('mine', abort.signal), gathered.ask('other')] as const;
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(first).rejects.toBe(reason);
  await expect(waiting[0]).rejects.toBe(reason);
  batches[0]!.finish();
  await turn();
  await turn();
  batches[1]!.finish();
  expect([await waiting[1], asked()]).toEqual(['OTHER', [['a'], ['other']]]);
  await expect(gathered.ask('late', abort.signal)).rejects.toBe(reason);
});

it('answers that are too few are nobody\'s', async () => {
  const gathered = new Gathered<string, string>(() => Promise.resolve([]), { most: 10 });
  await expect(gathered.ask('a')).rejects.toThrow('a batch of 1 was given 0 answers');
});

describe('a client of a batched route', () => {
  const client = (call: () => Promise<unknown>) => new BatchClient<object>({ call }, '/internal/x');
  it('gives each call its answer or its problem', async () => {
    const x = client(() => Promise.resolve({ answers: [{ ok: 1 }, { problem: { type: 't', title: 'Conflict', status: 409, code: 'claim-refused', detail: 'taken' } }] }));
    const outcomes = await Promise.allSettled([x.call({}), x.call({})]);
    expect(outcomes).toEqual([{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: new ProblemError(409, 'claim-refused', 'taken') }]);
    expect(outcomes[1]).toMatchObject({ reason: { status: 409, code: 'claim-refused' } });
  });
  it.each([['no answers at all', { nope: 1 }, { status: 503, code: 'service-unavailable' }], ['too few', { answers: [] }, { message: 'a batch of 1 was given 0 answers' }]])('refuses %s', async (_what, answer, error) => {
    await expect(client(() => Promise.resolve(answer)).call({})).rejects.toMatchObject(error);
  });
  it('passes on that the service is away', async () => {
    const away = new ProblemError(503, 'service-unavailable', 'away');
    await expect(client(() => Promise.reject(away)).call({})).rejects.toBe(away);
  });
});
