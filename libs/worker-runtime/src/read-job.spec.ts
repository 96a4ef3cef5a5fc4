import { InvalidMessage, JobDto, validate } from '@opsmesh/contracts';
import fc from 'fast-check';
import { readJob } from './read-job.js';

const runId = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
const job = { v: 1, attemptId: `${runId}.scan.0.1`, runId, stepId: 'scan', item: 0, attempt: 1, tenantId: 'default', actorId: 'ann', tool: 'ping', toolVersion: '1.0.0', input: { host: 'a' }, timeoutMs: 1000, claim: false };

it('takes a good job as it is', () => expect(readJob('ping', job)).toBe(job));

it.each([
  ['another version', { v: 2 }], ['a missing field', { claim: undefined }], ['an unknown property', { password: 'x' }], ['an id that is not of its position', { item: 1 }], ['no time', { timeoutMs: 0 }],
  ['half an item', { item: 0.5 }], ['an input that is a list', { input: [] }], ['a run that is no uuid', { runId: 'x' }],
])('refuses %s', (_what, change) => expect(() => readJob('ping', { ...job, ...change })).toThrow(InvalidMessage));

it('refuses a job under another name', () => expect(() => readJob('nmap', job)).toThrow('/tool must be the name of the queue entry'));
it.each([null, 'x', 7, []])('refuses %j', (data) => expect(() => readJob('ping', data)).toThrow(InvalidMessage));

it('accepts nothing that the DTO refuses', () => {
  const broken = fc.record({ name: fc.constantFrom(...Object.keys(job)), value: fc.oneof(fc.constant(undefined), fc.constant(null), fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.array(fc.integer()), fc.object()) });
  fc.assert(fc.property(broken, ({ name, value }) => {
    const changed = { ...job, [name]: value };
    try { validate(JobDto, changed); } catch { expect(() => readJob('ping', changed)).toThrow(InvalidMessage); }
  }), { numRuns: 1000 });
});
