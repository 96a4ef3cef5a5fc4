import { attemptIdsOf, attemptsIn, jobDataOf, jobIdOf, MOST_TOGETHER, type JobDto } from './index.js';

const runId = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
const attempts = Array.from({ length: MOST_TOGETHER }, (_, item): JobDto => ({
  v: 1, attemptId: `${runId}.scan_all-1.${item}.1`, runId, stepId: 'scan_all-1', item, attempt: 1, tenantId: 'default', actorId: 'ann', tool: 'ping', toolVersion: '1.0.0', input: { host: 'a' }, timeoutMs: 1000, claim: false,
}));

it.each([1, 2, MOST_TOGETHER])('%d attempts come out of a job as they went into it, and its id names them', (count) => {
  const some = attempts.slice(0, count);
  expect(attemptsIn(JSON.parse(JSON.stringify(jobDataOf(some))))).toEqual(some);
  expect(attemptIdsOf(jobIdOf(some))).toEqual(some.map((a) => a.attemptId));
});

it('a lone attempt is a job as it is, under its own id', () => {
  expect(jobDataOf([attempts[0]!])).toBe(attempts[0]);
  expect(jobIdOf([attempts[0]!])).toBe(attempts[0]!.attemptId);
});

it.each<[string, unknown]>([
  ['nothing', undefined], ['a text', 'x'], ['an attempt', attempts[0]], ['a bundle of one', { v: 1, attempts: attempts.slice(0, 1) }], ['a bundle of too many', { v: 1, attempts: [...attempts, attempts[0]] }],
  ['one of another version', { v: 2, attempts }], ['one with something else in it', { v: 1, attempts, secret: 1 }], ['one of texts', { v: 1, attempts: ['a', 'b'] }], ['one of lists', { v: 1, attempts: [[], []] }],
])('%s is no bundle, and is read as one attempt', (_what, data) => expect(attemptsIn(data)).toEqual([data]));
