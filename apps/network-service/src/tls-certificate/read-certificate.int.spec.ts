import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { readCertificate } from './read-certificate.js';

const folder = mkdtempSync(join(tmpdir(), 'opsmesh-tls-'));
const servers: Server[] = [];
const open: Socket[] = [];
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await Promise.all(servers.map((s) => new Promise((ok) => { s.close(ok); })));
  rmSync(folder, { recursive: true });
});

/** A key and a self-signed certificate, by the openssl program. */
function certificate(days: number): { key: Buffer; cert: Buffer } {
  const [key, cert] = [join(folder, `key-${days}.pem`), join(folder, `cert-${days}.pem`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', String(days), '-subj', '/CN=web-1/O=Acme', '-addext', 'subjectAltName=DNS:web-1,IP:127.0.0.1'], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}
async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => { open.push(socket); });
  await new Promise<void>((ok) => { server.listen(0, '127.0.0.1', ok); });
  return (server.address() as AddressInfo).port;
}
const read = (port: number, { signal = new AbortController().signal, timeoutMs = 5000, now = Date.now() } = {}) => readCertificate({ address: '127.0.0.1', port, serverName: 'web-1' }, { timeoutMs, signal, now });

it('tells names, validity and trust of a certificate, also of one that is not trusted', async () => {
  const port = await listening(createServer(certificate(30), (s) => s.on('error', () => undefined)));
  const found = await read(port);
  expect(found).toMatchObject({ address: '127.0.0.1', port, subject: 'CN=web-1, O=Acme', issuer: 'CN=web-1, O=Acme', names: ['DNS:web-1', 'IP Address:127.0.0.1'], expired: false, trusted: false, distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT', protocol: 'TLSv1.3' });
  expect([29, 30]).toContain(found.daysLeft);
  expect(found.fingerprint256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(await read(port, { now: Date.parse(found.validTo) + 86_400_000 * 2 })).toMatchObject({ expired: true, daysLeft: -2 });
});

it('says what is wrong with a port that is closed, speaks no TLS, or says nothing', async () => {
  const closed = await listening(createPlainServer());
  await new Promise((ok) => { servers.pop()!.close(ok); });
  await expect(read(closed)).rejects.toMatchObject({ failure: { code: 'unreachable' } });
  const plain = await listening(createPlainServer((s) => { s.on('error', () => undefined); s.end('SSH-2.0-nothing\r\n'); }));
  await expect(read(plain)).rejects.toMatchObject({ failure: { code: 'tool-failed' } });
  const silent = await listening(createPlainServer((s) => { s.on('error', () => undefined); }));
  await expect(read(silent, { timeoutMs: 100 })).rejects.toMatchObject({ failure: { code: 'timed-out' } });
  const abort = new AbortController();
  const reading = read(silent, { signal: abort.signal });
  abort.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
});
