import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeys, ServiceClient } from '@opsmesh/platform';
import { AttemptFiles } from './blob-client.js';

const dir = mkdtempSync(join(tmpdir(), 'opsmesh-files-'));
const SHA = 'a'.repeat(64);
const seen: string[] = [];
/** How often the next requests are answered with 503. */
let failing = 0;
let refusal: { status: number; code: string } | undefined;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
    if (failing-- > 0) response.writeHead(503).end('away');
    else if (refusal) response.writeHead(refusal.status).end(JSON.stringify({ code: refusal.code, detail: 'no' }));
    else if (request.method === 'PUT') response.end(JSON.stringify({ sha256: SHA, bytes: 3 }));
    else response.end(Buffer.from([0, 255, 10]));
  });
});
let files: AttemptFiles;
beforeAll(async () => {
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
  files = new AttemptFiles(new ServiceClient({ keys: openKeys(dir), from: 'network-service', to: 'orchestrator', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
beforeEach(() => {
  seen.length = 0;
  failing = 0;
  refusal = undefined;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(dir, { recursive: true });
});
const never = new AbortController().signal;
const file = { bytes: Buffer.from('abc'), mediaType: 'application/vnd.tcpdump.pcap' };

it('a file is kept with its attempt and type, and tried again while the orchestrator is away', async () => {
  failing = 2;
  await expect(files.keep('run.step.0.1', file, never)).resolves.toEqual({ sha256: SHA, bytes: 3 });
  const request = 'PUT /internal/blobs/run.step.0.1?media_type=application%2Fvnd.tcpdump.pcap abc';
  expect(seen).toEqual([request, request, request]);
});

it('a file that is refused is not tried again', async () => {
  refusal = { status: 403, code: 'forbidden' };
  await expect(files.keep('run.step.0.1', file, never)).rejects.toMatchObject({ failure: { code: 'tool-failed', cause: 'forbidden' } });
  expect(seen).toHaveLength(1);
});

it('a file that can not be kept in time is given up', async () => {
  failing = 1000;
  await expect(files.keep('run.step.0.1', file, AbortSignal.timeout(300))).rejects.toMatchObject({ failure: { code: 'service-unavailable', retryable: true } });
});

it('a file is read as it is', async () => {
  expect(await files.read('run.step.0.1', SHA, never)).toEqual(Buffer.from([0, 255, 10]));
  expect(seen).toEqual([`GET /internal/blobs/run.step.0.1/${SHA} `]);
});

it.each([[404, 'blob-not-found', 'not-found'], [409, 'attempt-over', 'tool-failed'], [503, 'service-unavailable', 'service-unavailable']])('a refusal with %s %s is %s', async (status, code, meaning) => {
  refusal = { status, code };
  await expect(files.read('run.step.0.1', SHA, never)).rejects.toMatchObject({ failure: { code: meaning, cause: code } });
});
