import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ItemLogView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

/** The way to a host: what comes first is taken and held until `open`, what comes later passes at once. */
class Gate {
  private held: Socket | undefined;
  private constructor(private readonly server: Server, private readonly pass: (socket: Socket) => void) {}

  static async to(host: string, port: number): Promise<Gate> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (gate.held) gate.pass(socket);
      else {
        gate.held = socket;
        server.emit('held');
      }
    });
    const gate = new Gate(server, (socket) => {
      const onwards = connect(port, host).on('error', () => socket.destroy());
      sockets.add(onwards);
      socket.pipe(onwards).pipe(socket);
    });
    server.on('close', () => { for (const socket of sockets) socket.destroy(); });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return gate;
  }

  get port(): number { return (this.server.address() as AddressInfo).port; }

  async holds(): Promise<void> {
    if (!this.held) await once(this.server, 'held');
  }

  open(): void {
    this.pass(this.held!);
  }

  close(): void {
    this.server.close();
    this.server.emit('close');
  }
}

let rig: Rig;
let gate: Gate;
beforeAll(async () => {
  rig = await Rig.start();
  const { ip, port } = rig.mesh.fleet().find((h) => h.hostname === 'web-01')!;
  gate = await Gate.to(ip, port);
  const answer = await fetch(`${rig.mesh.urls['asset-service']}/assets/web-01`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ip_address: '127.0.0.1', port: gate.port }) });
  expect(answer.status).toBe(200);
}, 120_000);
afterAll(async () => {
  gate.close();
  await rig.stop();
}, 60_000);

it('a worker that is frozen between its claim and its act does not act any more when it goes on: the attempt was given up, repeated and done', async () => {
  const done = join(rig.folder, 'done');
  // The second host keeps the step running, so that the first can be repeated in it.
  const command = `ledger <<item>>; [ <<item>> = web-01 ] || while [ ! -e ${done} ]; do sleep 0.1; done`;
  const run = await rig.startRun({ inputs: { hosts: ['web-01', 'web-02'] }, steps: [{ id: 'write', tool: 'run-command', forEach: '<<input.hosts>>', inputs: { target_host: '<<item>>', command }, map: { concurrency: 1 } }] });
  const item = async () => (await rig.items(run, 'write'))[0]!;
  const firstAttempt = async () => (await rig.request<ItemLogView>('GET', `/runs/${run}/steps/write/items/0`)).body.attempts[0]!;
  await gate.holds();
  const frozen = rig.mesh.children['automation-service']!;
  frozen.kill('SIGSTOP');
  await rig.mesh.another('automation-service');
  await waitFor(async () => (await item()).status === 'unknown', { timeoutMs: 30_000, what: 'the attempt to be given up' });
  expect((await rig.request('POST', `/runs/${run}/steps/write/items/0/repeat`, { reason: 'the worker is gone' })).status).toBeLessThan(300);
  await waitFor(async () => (await item()).status === 'succeeded', { timeoutMs: 30_000, what: 'the repeated attempt to be done' });
  const times = async () => (await rig.ledger()).filter((e) => e.argument === 'web-01').length;
  expect(await times()).toBe(1);

  gate.open();
  frozen.kill('SIGCONT');
  await waitFor(async () => (await firstAttempt()).status !== 'unknown', { timeoutMs: 30_000, what: 'the word of the worker that went on' });
  writeFileSync(done, '');
  expect((await rig.ended(run)).status).toBe('completed');
  const { number, status, failure } = await firstAttempt();
  expect([number, status]).toEqual([1, 'failed']);
  // Where all this took longer than a connection may take, that is over first.
  expect(['service-unavailable', 'unreachable']).toContain(failure?.code);
  expect(await times()).toBe(1);
}, 120_000);
