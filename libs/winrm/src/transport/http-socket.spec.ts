import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { HttpSocket } from './http-socket.js';

let server: Server;
const accepted: Socket[] = [];
let http: HttpSocket;
let requests = '';

beforeEach(async () => {
  requests = '';
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined).on('data', (data) => { requests += data.toString('latin1'); });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  http = new HttpSocket(socket, 'host:1', 100);
});
afterEach(async () => {
  http.destroy();
  for (const socket of accepted.splice(0)) socket.destroy();
  await new Promise((done) => { server.close(done); });
});

const post = (signal?: AbortSignal, timeoutMs = 5_000) => http.post({ body: Buffer.from('body'), headers: { 'Content-Type': 'x/y' }, timeoutMs, signal });
const say = (text: string): void => { accepted[0]?.write(text, 'latin1'); };
/** Resolves when the whole request has come. */
async function asked(): Promise<void> {
  while (!requests.endsWith('\r\n\r\nbody')) {
    if (accepted[0]) await once(accepted[0], 'data');
    else await once(server, 'connection');
  }
}

it.each([
  ['without a reason', undefined, { name: 'AbortError' }],
  ['with a deadline', new DOMException('late', 'TimeoutError'), { name: 'TimeoutError' }],
  ['with anything', 'enough', 'enough'],
])('an abort %s rejects with that reason and gives the socket up', async (_, reason, expected) => {
  const stop = new AbortController();
  const posting = post(stop.signal);
  await asked();
  stop.abort(reason);
  const thrown: unknown = await posting.catch((error: unknown) => error);
  if (typeof expected === 'string') expect(thrown).toBe(expected);
  else expect(thrown).toMatchObject(expected);
  expect(http.isOpen).toBe(false);
});

it('one request goes out at a time, and only on this socket', async () => {
  const first = post();
  expect(http.isUsable).toBe(false);
  await expect(post()).rejects.toMatchObject({ code: 'connection-lost' });
  await asked();
  say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: a/b\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
  expect(await first).toMatchObject({ status: 200, contentType: 'a/b', body: Buffer.from('abcde') });
  expect(http.isUsable).toBe(true);
  expect(requests).toMatch(/^POST \/wsman HTTP\/1\.1\r\nHost: host:1\r\n/);
  expect(accepted).toHaveLength(1);
});

it('a missing answer is a lost connection, and gives the socket up', async () => {
  const late = post(undefined, 50);
  await expect(late).rejects.toMatchObject({ code: 'connection-lost', message: 'the host gave no answer within 50 ms' });
  await expect(post()).rejects.toMatchObject({ code: 'connection-lost' });
});

it('an answer longer than the limit is not read to its end', async () => {
  const posting = post();
  await asked();
  say(`HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(101)}`);
  await expect(posting).rejects.toMatchObject({ code: 'protocol', message: expect.stringMatching(/longer than 100 bytes/) as string });
  expect(http.isOpen).toBe(false);
});

it('an answer that breaks off is a lost connection', async () => {
  const posting = post();
  await asked();
  say('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
  accepted[0]?.end();
  await expect(posting).rejects.toMatchObject({ code: 'connection-lost' });
});

it('each challenge of the host is kept by itself', async () => {
  const posting = post();
  await asked();
  say('HTTP/1.1 401 U\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm="a, b"\r\nContent-Length: 0\r\n\r\n');
  expect((await posting).challenges).toEqual(['Negotiate', 'Basic realm="a, b"']);
});
