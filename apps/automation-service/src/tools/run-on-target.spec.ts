import { ToolFailure, type ConnectionDto, type Credential } from '@opsmesh/contracts';
import { fakeToolContext } from '@opsmesh/worker-runtime';
import type { SshClient, SshRequest } from '../ssh/ssh-client.js';
import { STOP_MS } from '../ssh/stop-remote.js';
import { SshTarget } from './run-on-target.js';

/** Time of grace of an aborted attempt, in milliseconds (libs/worker-runtime). */
const GRACE_MS = 5000;
const connection: ConnectionDto = { assetId: 'a', hostname: 'a', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'c' };

/** Until when a host is tidied up, in milliseconds from now. */
async function tidyingMs(attempt: { readonly deadline: number; readonly signal?: AbortSignal }): Promise<number> {
  let end = 0;
  const ssh = { run: (request: SshRequest) => { end = request.deadline; return Promise.resolve({ kind: 'ok' }); } } as unknown as SshClient;
  const credential = () => Promise.resolve<Credential>({ kind: 'ssh', username: 'ops', password: 'pa55word' });
  const target = await SshTarget.of(ssh, fakeToolContext({ connection, credential, ...attempt }));
  expect(await target.tidy('true', undefined)).toBe(true);
  return end - performance.now();
}

it('what is tidied up after a stop that took all its time ends within the time of grace', async () => {
  expect(await tidyingMs({ deadline: performance.now() - STOP_MS })).toBeLessThan(GRACE_MS - STOP_MS);
  expect(await tidyingMs({ deadline: performance.now() - STOP_MS })).toBeGreaterThan(0);
});

it('an attempt that was not aborted has longer, and one that is past its grace has no time left', async () => {
  expect(await tidyingMs({ deadline: performance.now() + 60_000 })).toBeGreaterThan(3000);
  expect(await tidyingMs({ deadline: performance.now() + 60_000, signal: AbortSignal.abort(new ToolFailure('cancelled', 'x')) })).toBeGreaterThan(3000);
  expect(await tidyingMs({ deadline: performance.now() - 60_000 })).toBeLessThanOrEqual(0);
});
