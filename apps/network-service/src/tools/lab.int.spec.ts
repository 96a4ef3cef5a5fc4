import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from '@opsmesh/contracts';
import { findExecutable, probeCapabilities } from '../capabilities.js';
import { ArpTableInput, ArpTableOutput } from '../neighbours/arp-table.dto.js';
import { InterfaceListInput, InterfaceListOutput } from '../interfaces/interface-list.dto.js';
import { NmapInput, NmapOutput } from '../nmap/nmap.dto.js';
import { PingInput } from '../ping/ping.dto.js';
import { PortCheckInput, PortCheckOutput } from '../port-check/port-check.dto.js';
import { resolveBySystem } from '../targets/resolve-name.js';
import { admissionWith } from '../testing/admission.js';
import { describeInLab, makeLab, type Lab } from '../testing/lab.js';
import { toolCall } from '../testing/tool-call.js';
import { TracerouteInput, TracerouteOutput } from '../traceroute/traceroute.dto.js';
import { ArpTableTool } from './arp-table.js';
import { InterfaceListTool } from './interface-list.js';
import { NmapTool } from './nmap.js';
import { PingTool } from './ping.js';
import { PortCheckTool } from './port-check.js';
import { TracerouteTool } from './traceroute.js';

const admission = admissionWith({}, resolveBySystem);

describeInLab('/usr/bin/nmap', '/usr/bin/ping', '/usr/sbin/traceroute', '/usr/bin/setpriv')('in a network of our own', () => {
  let lab: Lab;
  let able: Awaited<ReturnType<typeof probeCapabilities>>;
  /** The same programs without CAP_NET_RAW. */
  let unable: Awaited<ReturnType<typeof probeCapabilities>>;
  let folder: string;

  beforeAll(async () => {
    lab = await makeLab();
    able = await probeCapabilities();
    folder = mkdtempSync(join(tmpdir(), 'unable-'));
    unable = await probeCapabilities((binary, places) => {
      const path = findExecutable(binary, places);
      if (path === undefined) return undefined;
      const wrapper = join(folder, binary);
      writeFileSync(wrapper, `#!/bin/sh\nexec /usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all ${path} "$@"\n`, { mode: 0o755 });
      return wrapper;
    });
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(folder, { recursive: true });
  });

  it('what may be done is found out by trying it', () => {
    expect(able.lacking()).toEqual([]);
    expect(unable.lacking()).toEqual(expect.arrayContaining(['nmap-raw-sockets', 'traceroute-icmp', 'traceroute-tcp', 'capture']));
  });

  describe('nmap', () => {
    const scan = async (tool: NmapTool, fields: object) => validate(NmapOutput, JSON.parse(JSON.stringify(await tool.run(toolCall(validate(NmapInput, fields))))));
    const states = (output: NmapOutput) => Object.fromEntries(output.hosts.flatMap((host) => host.ports.map((port) => [`${host.address}:${port.port}`, port.state])));

    it.each(['connect', 'syn'])('a %s scan tells open, closed and filtered ports apart', async (kind) => {
      const output = await scan(new NmapTool(able, admission), { targets: [lab.web, lab.wall], ports: '80-82', scan: kind, discovery: 'assume-up' });
      expect(states(output)).toEqual({
        [`${lab.web}:80`]: 'open', [`${lab.web}:81`]: 'closed', [`${lab.web}:82`]: 'closed', [`${lab.wall}:80`]: 'open', [`${lab.wall}:81`]: 'filtered', [`${lab.wall}:82`]: 'filtered',
      });
      expect(output).toMatchObject({ scanType: kind, degraded: false, degradations: [], partial: false, openPorts: 2 });
    });

    it('without the capability a SYN scan and the operating system are degraded, and the answer says to what', async () => {
      const output = await scan(new NmapTool(unable, admission), { targets: lab.web, ports: '80', scan: 'syn', osDetection: true });
      expect(output).toMatchObject({ requested: 'syn', scanType: 'connect', degraded: true, openPorts: 1 });
      expect(output.degradations.map(({ asked, done }) => [asked, done])).toEqual([['scan syn', 'scan connect'], ['osDetection', 'none']]);
    });

    it('guesses the operating system', async () => {
      const output = await scan(new NmapTool(able, admission), { targets: lab.web, ports: '80-81', scan: 'syn', osDetection: true });
      expect([output.degraded, Array.isArray(output.hosts[0]?.os)]).toEqual([false, true]);
    });

    it('sends no faster than the tenant may', async () => {
      const begin = performance.now();
      await scan(new NmapTool(able, admissionWith({ NETWORK_MAX_RATE: '20' }, resolveBySystem)), { targets: lab.web, ports: '100-139', scan: 'syn', discovery: 'assume-up' });
      // 40 probes at 10 a second, half of what the tenant may send: it would take a few ms without a limit.
      expect(performance.now() - begin).toBeGreaterThan(3000);
    });
  });

  describe('port-check', () => {
    const check = async (fields: object, signal?: AbortSignal) => validate(PortCheckOutput, await new PortCheckTool(admission).run(toolCall(validate(PortCheckInput, fields), signal)));

    it('tells open, closed, filtered and forbidden ports apart, in the order they were given', async () => {
      const output = await check({ target_host: lab.wall, ports: [82, 80, 81, 83, 80], timeout: 1 });
      expect(output.ports.map(({ port, state }) => [port, state])).toEqual([[82, 'unreachable'], [80, 'open'], [81, 'filtered'], [83, 'closed']]);
      expect(output.ports.map(({ connectMs }) => connectMs === null)).toEqual([true, false, true, false]);
      expect(output).toMatchObject({ host: lab.wall, address: lab.wall, openPorts: 1, partial: false });
    });

    it('a cancel keeps what was found, and marks the rest', async () => {
      const stop = new AbortController();
      const running = check({ target_host: lab.wall, ports: [80, 81], timeout: 30 }, stop.signal).catch((error: unknown) => error);
      setTimeout(() => stop.abort(), 500);
      expect(await running).toMatchObject({ failure: { code: 'cancelled' }, output: { partial: true, openPorts: 1, ports: [{ port: 80, state: 'open' }, { port: 81, state: 'not-checked' }] } });
    });
  });

  describe('traceroute', () => {
    const trace = async (tool: TracerouteTool, fields: object) => validate(TracerouteOutput, await tool.run(toolCall(validate(TracerouteInput, { timeout: 1, ...fields }))));

    it.each(['udp', 'icmp', 'tcp'])('%s shows the way, hop by hop', async (method) => {
      const output = await trace(new TracerouteTool(able, admission), { target_host: lab.web, method });
      expect(output.hops.map(({ hop, address, probes }) => [hop, address, probes.length])).toEqual([[1, lab.router, 3], [2, lab.web, 3]]);
      expect(output).toMatchObject({ reached: true, method, requested: method, degraded: false, partial: false });
      expect(output.hops[1]!.probes.every(({ rttMs }) => rttMs! > 0)).toBe(true);
    });

    it('a host that does not answer is not reached', async () => {
      const output = await trace(new TracerouteTool(able, admission), { target_host: lab.wall, method: 'icmp', maxHops: 3, queries: 1 });
      expect(output).toMatchObject({ reached: false, hops: [{ address: lab.router }, { address: null, probes: [{ address: null, rttMs: null }] }, { address: null }] });
    });

    it('without the capability it sends UDP, and says so', async () => {
      const output = await trace(new TracerouteTool(unable, admission), { target_host: lab.web, method: 'icmp' });
      expect(output).toMatchObject({ reached: true, requested: 'icmp', method: 'udp', degraded: true, degradations: [{ asked: 'method icmp', done: 'method udp' }] });
    });

    it('a cancel keeps the hops that are whole, marked as partial', async () => {
      const stop = new AbortController();
      const running = new TracerouteTool(able, admission).run(toolCall(validate(TracerouteInput, { target_host: lab.wall, method: 'icmp', timeout: 10, maxHops: 2, queries: 1 }), stop.signal)).catch((error: unknown) => error);
      setTimeout(() => stop.abort(), 1000);
      expect(await running).toMatchObject({ failure: { code: 'cancelled' }, output: { partial: true, reached: false } });
    });
  });

  it('ping tells a host that answers from one that does not', async () => {
    const ping = (target_host: string) => new PingTool(able, admission).run(toolCall(validate(PingInput, { target_host, count: 2, timeout: 1 })));
    expect(await ping(lab.web)).toMatchObject({ reachable: true, lossPercent: 0 });
    expect(await ping(lab.wall)).toMatchObject({ reachable: false, lossPercent: 100, rttMs: null });
  });

  it('the neighbours are listed with their MAC addresses, and those the tenant may not reach are only counted', async () => {
    const ask = async (env: Record<string, string> = {}) => validate(ArpTableOutput, await new ArpTableTool(able, admissionWith(env)).run(toolCall(validate(ArpTableInput, { interface: lab.interface }))));
    await new PingTool(able, admission).run(toolCall(validate(PingInput, { target_host: lab.router, count: 1 })));
    expect(await ask()).toMatchObject({ degraded: false, neighbours: [{ address: lab.router, family: 'ipv4', interface: lab.interface, mac: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) }] });
    expect(await ask({ NETWORK_PROTECTED: lab.router })).toMatchObject({ neighbours: [], hidden: 1 });
  });

  it('without ip the neighbours are read from the kernel, IPv4 only, and the answer says so', async () => {
    const capabilities = await probeCapabilities(() => undefined);
    const output = validate(ArpTableOutput, await new ArpTableTool(capabilities, admission).run(toolCall(validate(ArpTableInput, { interface: lab.interface }))));
    expect(output).toMatchObject({ degraded: true, neighbours: [{ address: lab.router, family: 'ipv4' }] });
  });

  it('the interfaces are listed with state and addresses, and foreign addresses are only counted', async () => {
    const ask = async (env: Record<string, string> = {}) => validate(InterfaceListOutput, await new InterfaceListTool(admissionWith(env)).run(toolCall(validate(InterfaceListInput, {}))));
    const { interfaces } = await ask();
    expect(interfaces.find(({ name }) => name === lab.interface)).toMatchObject({ state: 'up', mtu: 1500, addresses: [`${lab.self}/24`] });
    expect(interfaces.find(({ name }) => name === 'lo')).toMatchObject({ mac: null, addresses: expect.arrayContaining(['127.0.0.1/8']) });
    const narrow = await ask({ NETWORK_ALLOWED_CIDRS: `${lab.self}` });
    expect(narrow.interfaces.flatMap(({ addresses }) => addresses)).toEqual([`${lab.self}/24`]);
    expect(narrow.hiddenAddresses).toBeGreaterThan(0);
  });
});
