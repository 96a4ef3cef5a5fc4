import { jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeys, RemoteTokenVerifier, ServiceClient, type Keys } from '../index.js';

let dir: string; let keys: Keys; let server: Server; let verifier: RemoteTokenVerifier;
let asked: { path: string; token: string; caller: string }[];
let answer: { status: number; body: string };
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'opsmesh-remote-'));
  keys = openKeys(dir);
  asked = [];
  answer = { status: 200, body: JSON.stringify({ tenantId: 't', actorId: 'a', scopes: ['runs:read'] }) };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (d) => { text += String(d); });
    request.on('end', () => {
      void keys.verifyServiceToken(request.headers.authorization!.slice(7), 'orchestrator').then(({ service }) => {
        asked.push({ path: request.url!, token: (JSON.parse(text) as { token: string }).token, caller: service });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    });
  });
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = new RemoteTokenVerifier(new ServiceClient({ keys, from: 'asset-service', to: 'orchestrator', url }));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((ok) => server.close(ok));
  rmSync(dir, { recursive: true });
});

it('asks the orchestrator once in 10 s, also when many ask at once', async () => {
  const clock = jest.spyOn(Date, 'now');
  const start = Date.now();
  clock.mockReturnValue(start);
  const principals = await Promise.all(Array.from({ length: 5 }, () => verifier.verify('abc')));
  expect(principals[4]).toEqual({ tenantId: 't', actorId: 'a', scopes: ['runs:read'] });
  expect(asked).toEqual([{ path: '/internal/tokens/introspect', token: 'abc', caller: 'asset-service' }]);
  clock.mockReturnValue(start + 10_001);
  await verifier.verify('abc');
  expect(asked).toHaveLength(2);
  clock.mockRestore();
});

it.each(['', 'null'])('an unknown token is null (answer %j)', async (body) => {
  answer = { status: 200, body };
  await expect(verifier.verify('abc')).resolves.toBeNull();
});

it('forgets trouble at once', async () => {
  answer = { status: 502, body: 'bad gateway' };
  await expect(verifier.verify('abc')).rejects.toMatchObject({ status: 503, code: 'service-unavailable' });
  answer = { status: 200, body: '{"tenantId":"t","actorId":"a","scopes":[]}' };
  await expect(verifier.verify('abc')).resolves.toMatchObject({ tenantId: 't' });
});

it('an answer of another shape is no principal', async () => {
  answer = { status: 200, body: '{"tenantId":"t"}' };
  await expect(verifier.verify('abc')).rejects.toMatchObject({ code: 'service-unavailable' });
});

it('remembers 1000 tokens at most', async () => {
  for (let i = 0; i < 1001; i++) await verifier.verify(`t${i}`);
  await verifier.verify('t1000');
  expect(asked).toHaveLength(1001);
  await verifier.verify('t0');
  expect(asked).toHaveLength(1002);
});
