import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { connectWinRm, runOverWinRm, type ConnectOptions } from './index.js';
import { AV_ID, encodeAvPairs } from './ntlm/av-pairs.js';
import { flagsOf } from './ntlm/flags.js';
import { encodeChallenge } from './ntlm/messages.js';

/** A host that answers each request with the next of these bytes; after the last it says nothing more. */
async function hostThatSays(...answers: readonly (string | 'close' | 'reset')[]): Promise<{ options: ConnectOptions; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      requests.push(data.toString('latin1'));
      const answer = answers[requests.length - 1];
      if (answer === 'close') socket.destroy();
      else if (answer === 'reset') socket.resetAndDestroy();
      else if (answer !== undefined) socket.write(answer, 'latin1');
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { requests, options: { host: '127.0.0.1', port, transport: 'http', auth: { kind: 'ntlm', username: 'u', password: 'opsmesh-secret' } } };
}

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => { server.close(done); })));
});

const answer = (status: string, headers: readonly string[] = [], body = ''): string => [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
const challenge = encodeChallenge({
  flags: flagsOf('unicode', 'extendedSessionSecurity', 'key128', 'keyExchange', 'sign', 'seal', 'ntlm', 'alwaysSign', 'targetInfo', 'version'),
  targetName: 'H', serverChallenge: Buffer.alloc(8, 1), targetInfo: encodeAvPairs([{ id: AV_ID.nbDomainName, value: Buffer.from('H', 'utf16le') }]),
}).toString('base64');
const challenged = (scheme: string): string => answer('401 U', [`WWW-Authenticate: ${scheme} ${challenge}`]);

it('a host that takes only the NTLM scheme gets it', async () => {
  const { options, requests } = await hostThatSays(answer('401 U', ['WWW-Authenticate: NTLM', 'WWW-Authenticate: Basic realm="x"']), challenged('NTLM'), answer('200 OK'));
  await (await connectWinRm(options)).close();
  for (const request of requests) expect(request).toMatch(/Content-Type: application\/soap\+xml;charset=UTF-8/);
  expect(requests.map((request) => /Authorization: (\w+) TlRMTVNTUAA[BD]/.exec(request)?.[1])).toEqual(['Negotiate', 'NTLM', 'NTLM']);
});

it.each([
  ['offers other ways only', [answer('401 U', ['WWW-Authenticate: Basic realm="x"', 'WWW-Authenticate: Kerberos'])], 'auth-failed', /offers basic, kerberos/],
  ['offers nothing', [answer('401 U')], 'auth-failed', /offers nothing/],
  ['refuses the credential', [challenged('Negotiate'), answer('401 U', ['WWW-Authenticate: Negotiate'])], 'auth-failed', /refused the credential/],
  ['forbids', [challenged('Negotiate'), answer('403 F')], 'auth-failed', /refused the credential/],
  ['is a web server', [answer('404 N', [], 'no such page')], 'protocol', /no WinRM listener/],
  ['answers without asking who we are', [answer('200 OK')], 'protocol', /no WinRM listener/],
  ['sends a challenge that is none', [answer('401 U', ['WWW-Authenticate: Negotiate AAAA'])], 'protocol', /not an NTLM message/],
  ['speaks no HTTP', ['SSH-2.0-OpenSSH_9.2\r\n'], 'protocol', /HTTP\/1\.1/],
  ['closes', ['close'], 'connection-lost', /lost/],
  ['resets', ['reset'], 'connection-lost', /lost/],
  ['closes in the middle of an answer', [answer('401 U', [], 'body').replace('Content-Length: 4', 'Content-Length: 40'), 'close'], 'unreachable', /no log-in within/],
] as const)('a host that %s', async (_, answers, code, message) => {
  const { options } = await hostThatSays(...answers);
  const failure = await connectWinRm({ ...options, connectTimeoutMs: code === 'unreachable' ? 500 : 5000 }).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ name: 'WinRmError', code, message: expect.stringMatching(message) as string });
});

it('a host that says nothing is unreachable after the connect deadline, and a caller may end it before', async () => {
  const { options } = await hostThatSays();
  await expect(connectWinRm({ ...options, connectTimeoutMs: 200 })).rejects.toMatchObject({ code: 'unreachable' });
  const cancel = new AbortController();
  const connecting = connectWinRm({ ...options, signal: cancel.signal });
  cancel.abort();
  await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
  await expect(connectWinRm({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
});

it('nobody there is unreachable, as a result too', async () => {
  const { options } = await hostThatSays();
  await new Promise((done) => { servers.pop()?.close(done); });
  expect(await runOverWinRm({ ...options, command: 'x' })).toMatchObject({ kind: 'failed', error: { code: 'unreachable' }, stop: 'not-started', stdout: '' });
  expect(await runOverWinRm({ ...options, host: 'no-such-host.invalid', command: 'x' })).toMatchObject({ kind: 'failed', error: { code: 'unreachable' } });
});

it.each([
  ['plain SOAP on a sealed connection', answer('200 OK', ['Content-Type: application/soap+xml'], '<x/>'), 'protocol', /unsealed/],
  ['a sealed message that is none', answer('200 OK', ['Content-Type: multipart/encrypted;boundary="b"'], 'garbage'), 'protocol', /malformed/],
  ['HTTP 500 without SOAP', answer('500 E', ['Content-Type: text/html'], '<h1>'), 'protocol', /HTTP 500 and no SOAP/],
  ['HTTP 401', answer('401 U'), 'connection-lost', /ended the log-in/],
  ['an endless answer', answer('200 OK', ['Content-Type: multipart/encrypted'], 'x'.repeat(600_000)), 'protocol', /longer than/],
  ['a reset', 'reset', 'connection-lost', /lost/],
])('after the log-in: %s', async (_, said, code, message) => {
  const { options } = await hostThatSays(challenged('Negotiate'), answer('200 OK'), said);
  const connection = await connectWinRm(options);
  await expect(connection.openShell()).rejects.toMatchObject({ name: 'WinRmError', code, message: expect.stringMatching(message) as string });
  expect(connection.isOpen).toBe(false);
  await expect(connection.openShell()).rejects.toMatchObject({ code: 'connection-lost' });
  await connection.close();
});

it('a reset of an idle connection is noticed and hurts nobody', async () => {
  const { options } = await hostThatSays(challenged('Negotiate'), answer('200 OK'));
  const connection = await connectWinRm(options);
  const [socket] = sockets;
  const gone = once(socket!, 'close');
  socket!.resetAndDestroy();
  await gone;
  await expect(connection.openShell()).rejects.toMatchObject({ code: 'connection-lost' });
  expect(connection.isOpen).toBe(false);
  await connection.close();
});

it('a printed connection shows no password and no key', async () => {
  const { options } = await hostThatSays(challenged('Negotiate'), answer('200 OK'));
  const connection = await connectWinRm(options);
  const shown = inspect(connection, { depth: 30, showHidden: true, maxStringLength: null });
  expect(shown).not.toContain('opsmesh-secret');
  expect(shown).not.toMatch(/signing: <Buffer|sealing: <Buffer/);
  await connection.close();
});

it('PEM that cannot be read is a TypeError', async () => {
  const auth = { kind: 'certificate', cert: 'no PEM', key: 'no PEM' } as const;
  await expect(connectWinRm({ host: '127.0.0.1', port: 1, auth })).rejects.toThrow(TypeError);
  await expect(runOverWinRm({ host: '127.0.0.1', port: 1, auth, command: 'x' })).rejects.toThrow(TypeError);
});

it('no error and no request shows the password', async () => {
  const { options, requests } = await hostThatSays(challenged('Negotiate'), answer('401 U'));
  const failure = await connectWinRm(options).catch((thrown: unknown) => thrown);
  const shown = [...requests, String(failure), JSON.stringify(failure), (failure as Error).stack ?? ''].join('\n');
  for (const encoded of ['opsmesh-secret', Buffer.from('opsmesh-secret').toString('base64'), Buffer.from('opsmesh-secret', 'utf16le').toString('latin1')]) expect(shown).not.toContain(encoded);
});

it.each([
  ['Basic over plain HTTP', { transport: 'http', auth: { kind: 'basic', username: 'u', password: 'p' } }],
  ['a certificate over plain HTTP', { transport: 'http', auth: { kind: 'certificate', cert: '', key: '' } }],
  ['TLS options over plain HTTP', { transport: 'http', auth: { kind: 'ntlm', username: 'u', password: 'p' }, tls: {} }],
  ['a colon in a Basic user name', { auth: { kind: 'basic', username: 'a:b', password: 'p' } }],
  ['half a fingerprint', { auth: { kind: 'ntlm', username: 'u', password: 'p' }, tls: { fingerprint256: 'AA:BB' } }],
  ['a port out of range', { port: 70_000, auth: { kind: 'ntlm', username: 'u', password: 'p' } }],
] as const)('%s is refused before anything is sent', async (_, options) => {
  await expect(connectWinRm({ host: '127.0.0.1', ...options })).rejects.toThrow(expect.objectContaining({ name: expect.stringMatching(/^(Type|Range)Error$/) as string }));
});

it.each(['', 'a\nb', 'a\0b', 'a\u0001b', '\ud800', 'x'.repeat(9_000)])('the command line %.10j is refused before anything is sent', async (command) => {
  const { options, requests } = await hostThatSays();
  await expect(runOverWinRm({ ...options, command })).rejects.toThrow(RangeError);
  expect(requests).toEqual([]);
});
