import { createLogger } from '../logging/logger.js';
import { lostConnection } from './lost-connection.js';

const RUN = '019a2b3c-0000-7000-8000-000000000001';
const log = createLogger('spec', { level: 'silent' });
const lost = new Error('Failed query: update', { cause: new Error('Connection terminated unexpectedly') });

it.each<[string, unknown, string, string, object | undefined]>([
  ['what may have changed something', lost, 'POST', '/credentials', { status: 503, code: 'outcome-unknown', runId: undefined, detail: expect.stringContaining('look before') as string }],
  ['likewise of a run, which is named', lost, 'PATCH', `/runs/${RUN}/steps/a`, { status: 503, code: 'outcome-unknown', runId: RUN, detail: expect.stringContaining(`look at /runs/${RUN} before`) as string }],
  ['a name that is no run\'s id', lost, 'POST', '/runs/nonsense/cancel', { code: 'outcome-unknown', runId: undefined }],
  ['what only reads', lost, 'GET', `/runs/${RUN}`, { status: 503, code: 'service-unavailable', runId: undefined }],
  ['what the database ended and did not do', Object.assign(new Error('canceling statement'), { code: '57014' }), 'POST', '/runs', { status: 503, code: 'service-unavailable' }],
  ['any other error', new Error('bug'), 'POST', '/runs', undefined],
])('%s', (_what, error, method, path, expected) => {
  const problem = lostConnection(error, { log, method, path });
  if (expected) expect(problem).toMatchObject(expected); else expect(problem).toBeUndefined();
});
