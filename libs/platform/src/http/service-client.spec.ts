import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeys, ServiceClient } from '../index.js';

const dir = mkdtempSync(join(tmpdir(), 'opsmesh-client-'));
const keys = openKeys(dir);
const server = createServer((request, response) => {
  switch (request.url) {
    case '/problem': response.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"code":"claim-refused","detail":"taken","status":409}'); break;
    case '/html': response.writeHead(500).end('<h1>no</h1>'); break;
    case '/moved': response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(); break;
    case '/empty': response.writeHead(204).end(); break;
    case '/html-200': response.end('<h1>yes</h1>'); break;
    case '/never': break;
    default: request.on('data', () => undefined).on('end', () => { response.end(JSON.stringify({ type: request.headers['content-type'] })); });
  }
});
let client: ServiceClient; let impatient: ServiceClient;
beforeAll(async () => {
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  const route = { keys, from: 'a', to: 'b', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  client = new ServiceClient(route);
  impatient = new ServiceClient({ ...route, timeoutMs: 300 });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});

it('passes the problem of the other service on', async () => { await expect(client.call('POST', '/problem', { body: {} })).rejects.toMatchObject({ status: 409, code: 'claim-refused', detail: 'taken' }); });
it.each(['/html', '/moved'])('%s means that the service is not available', async (path) => { await expect(client.call('GET', path)).rejects.toMatchObject({ status: 503, code: 'service-unavailable' }); });
it('no answer in time means that the service is not available', async () => { await expect(impatient.call('GET', '/never')).rejects.toMatchObject({ status: 503, code: 'service-unavailable' }); });
it('an empty answer is undefined', async () => { await expect(client.call('DELETE', '/empty')).resolves.toBeUndefined(); });
it('sends JSON as JSON and bytes as bytes', async () => {
  await expect(client.call('POST', '/', { body: { a: 1 } })).resolves.toEqual({ type: 'application/json' });
  await expect(client.call('PUT', '/', { body: Buffer.from('x') })).resolves.toEqual({ type: 'application/octet-stream' });
});
it('the abort of the caller stays the abort of the caller', async () => {
  const reason = new Error('enough');
  await expect(client.call('GET', '/never', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
it('a download is the bytes as they are, and a refusal its problem', async () => {
  expect((await client.download('/')).toString()).toBe('{}');
  await expect(client.download('/problem')).rejects.toMatchObject({ status: 409, code: 'claim-refused' });
});
it('an answer that should be JSON and is not means that the service is not available', async () => {
  await expect(client.call('GET', '/html-200')).rejects.toMatchObject({ status: 503, code: 'service-unavailable' });
});
