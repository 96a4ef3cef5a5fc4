import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { ItemView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

const NMAP = '/usr/bin/nmap';
const TCPDUMP = '/usr/bin/tcpdump';
/** Bytes of each packet that is sent for the capture. */
const PAYLOAD = 4000;

const missing = [NMAP, TCPDUMP].filter((path) => !existsSync(path));
const withPrograms = missing.length === 0 && process.getuid?.() === 0 ? describe : describe.skip;
if (withPrograms !== describe) process.stderr.write(`\nSKIPPED: ${missing.length > 0 ? `${missing.join(', ')} is not installed` : 'only root may capture'}, so the specs of cancelled reads did not run\n`);

/** The process with this program and this text in its arguments. */
async function processOf(program: string, text: string): Promise<number | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0] === program && words.some((word) => word.includes(text))) return Number(pid);
  }
  return undefined;
}

/** What a process wrote so far, in bytes (proc(5), `wchar`). */
async function bytesWritten(pid: number): Promise<number> {
  return Number(/^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0);
}

withPrograms('a cancelled run that reads for long', () => {
  let rig: Rig;
  /** Accepts and says nothing, so that finding out what it is takes long. */
  let silent: Server;
  beforeAll(async () => {
    rig = await Rig.start();
    silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  }, 120_000);
  afterAll(async () => {
    silent.close();
    await rig.stop();
  }, 60_000);

  const item = async (run: string, step: string): Promise<ItemView> => (await rig.items(run, step))[0]!;

  async function cancelled(run: string, step: string): Promise<ItemView> {
    const begun = await item(run, step);
    expect(begun).toMatchObject({ status: 'running', startedAt: expect.any(String) as string });
    await rig.request('POST', `/runs/${run}/cancel`);
    expect((await rig.ended(run)).status).toBe('cancelled');
    return item(run, step);
  }

  it('nmap: the item says that it was stopped, and what was found until then', async () => {
    const port = String((silent.address() as AddressInfo).port);
    const asked = once(silent, 'connection');
    const run = await rig.startRun({ steps: [{ id: 'scan', tool: 'nmap', inputs: { targets: ['127.0.0.1'], ports: port, serviceDetection: true } }] });
    await asked;
    expect(await processOf(NMAP, port)).toBeDefined();
    expect(await cancelled(run, 'scan')).toMatchObject({
      status: 'cancelled', failure: { code: 'cancelled' }, output: { partial: true, hosts: [{ address: '127.0.0.1', state: 'not-scanned' }] },
    });
    expect(await processOf(NMAP, port)).toBeUndefined();
  });

  it('tcpdump: the packets until then are kept as a file of the run', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    try {
      const run = await rig.startRun({ steps: [{ id: 'capture', tool: 'tcpdump', inputs: { interface: 'lo', filter: `udp port ${port}`, duration: 120 } }] });
      await waitFor(async () => {
        const pid = await processOf(TCPDUMP, `udp port ${port}`);
        if (pid === undefined) return false;
        socket.send(Buffer.alloc(PAYLOAD), port, '127.0.0.1');
        return await bytesWritten(pid) > PAYLOAD;
      }, { what: 'a packet to be captured' });
      const { failure, output } = await cancelled(run, 'capture');
      expect([failure, output]).toMatchObject([{ code: 'cancelled' }, { endedBy: 'stopped', partial: true, capture: { href: expect.any(String) as string } }]);
      const { packets, capture } = output as { packets: number; capture: { href: string } };
      expect(packets).toBeGreaterThan(0);
      expect(await rig.request('GET', capture.href)).toMatchObject({ status: 200, type: 'application/vnd.tcpdump.pcap' });
      expect(await processOf(TCPDUMP, `udp port ${port}`)).toBeUndefined();
    } finally {
      socket.close();
    }
  });
});
