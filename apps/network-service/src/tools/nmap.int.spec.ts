import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from '@opsmesh/contracts';
import { Capabilities, probeCapabilities } from '../capabilities.js';
import { NmapInput, NmapOutput } from '../nmap/nmap.dto.js';
import { groupIsAlive } from '../process/process-group.js';
import { resolveBySystem } from '../targets/resolve-name.js';
import { admissionWith } from '../testing/admission.js';
import { describeWith } from '../testing/installed.js';
import { processesWith } from '../testing/processes.js';
import { toolCall } from '../testing/tool-call.js';
import { NmapTool } from './nmap.js';

const NMAP = '/usr/bin/nmap';
const SETPRIV = '/usr/bin/setpriv';
const input = (fields: object) => validate(NmapInput, fields);
const toolWith = (capabilities: Capabilities, env: Record<string, string> = {}) => new NmapTool(capabilities, admissionWith(env, resolveBySystem));

/** A listener on a free port of every loopback address of its family. */
async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

describeWith(NMAP)('nmap', () => {
  const servers: Server[] = [];
  let tool: NmapTool;
  let open: number;
  let closed: number;
  /** Accepts and stays silent, so that service detection takes seconds. */
  let silent: number;
  let http: number;

  beforeAll(async () => {
    tool = toolWith(await probeCapabilities());
    const openServer = createServer((socket) => socket.on('error', () => undefined).end());
    const gone = createServer();
    const silentServer = createServer((socket) => socket.on('error', () => undefined));
    const httpServer = createHttpServer((_request, response) => response.setHeader('Server', 'nginx/1.24.0').end('hello'));
    servers.push(openServer, silentServer, httpServer);
    open = await listen(openServer, '127.0.0.1');
    closed = await listen(gone, '127.0.0.1');
    await new Promise((resolve) => gone.close(resolve));
    silent = await listen(silentServer, '127.0.0.1');
    http = await listen(httpServer, '127.0.0.1');
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  it('tells an open from a closed port', async () => {
    const output = await tool.run(toolCall(input({ targets: '127.0.0.1', ports: `${open},${closed}` })));
    expect(validate(NmapOutput, output)).toMatchObject({ scanType: 'connect', requested: 'connect', degraded: false, partial: false, openPorts: 1, hostsUp: 1, hostsDown: 0, excluded: [] });
    expect(Object.fromEntries(output.hosts[0]!.ports.map((port) => [port.port, port.state]))).toEqual({ [open]: 'open', [closed]: 'closed' });
  });

  it('finds product and version of an HTTP server', async () => {
    const output = await tool.run(toolCall(input({ targets: 'localhost', ports: String(http), serviceDetection: true })));
    expect(output.hosts[0]).toMatchObject({ hostname: 'localhost', address: '127.0.0.1', ports: [{ port: http, state: 'open', service: 'http', serviceFrom: 'probed', product: 'nginx', version: '1.24.0' }] });
  });

  it('scans a network, and leaves a protected host out', async () => {
    const output = await toolWith(await probeCapabilities(), { NETWORK_PROTECTED: '127.0.0.2' }).run(toolCall(input({ targets: '127.0.0.1/30', ports: String(open) })));
    expect(output.hosts.map((host) => host.address)).toEqual(['127.0.0.0', '127.0.0.1', '127.0.0.3']);
    expect(output).toMatchObject({ excluded: ['127.0.0.2'], openPorts: 1, partial: false });
  });

  it('scans and counts an address once, however often it is named', async () => {
    const named = await tool.run(toolCall(input({ targets: ['127.0.0.1', '127.0.0.1', 'localhost', 'localhost'], ports: String(open) })));
    expect(named.hosts.map((host) => [host.hostname, host.address])).toEqual([['127.0.0.1', '127.0.0.1'], ['localhost', '127.0.0.1']]);
    expect(named).toMatchObject({ openPorts: 1, hostsUp: 1, hostsDown: 0 });
    const overlapping = await tool.run(toolCall(input({ targets: ['127.0.0.1', '127.0.0.0/31', '127.0.0.0/31', '::1', '::1/128'], ports: String(open) })));
    expect(overlapping.hosts.map((host) => host.address)).toEqual(['127.0.0.0', '127.0.0.1', '::1']);
    expect(overlapping).toMatchObject({ openPorts: 1, hostsUp: 3, hostsDown: 0 });
  });

  it('scans both address families in one call', async () => {
    const output = await tool.run(toolCall(input({ targets: ['127.0.0.1', '::1'], ports: String(open) })));
    expect(output.hosts.map((host) => [host.address, host.ports[0]?.state])).toEqual([['127.0.0.1', 'open'], ['::1', 'closed']]);
  });

  (process.getuid?.() === 0 ? it : it.skip)('makes a SYN scan where raw sockets are allowed', async () => {
    const output = await tool.run(toolCall(input({ targets: '127.0.0.1', scan: 'syn', ports: `${open},${closed}` })));
    expect(output).toMatchObject({ scanType: 'syn', degraded: false, openPorts: 1 });
  });

  it('without raw sockets a SYN scan is a connect scan, and says so', async () => {
    const output = await toolWith(new Capabilities({ nmap: NMAP }, new Set())).run(toolCall(input({ targets: '127.0.0.1', scan: 'syn', ports: String(open) })));
    expect(output).toMatchObject({ requested: 'syn', scanType: 'connect', degraded: true, openPorts: 1 });
  });

  it('a host that takes too long is given up, and the answer is partial', async () => {
    const output = await tool.run(toolCall(input({ targets: '127.0.0.1', ports: String(silent), serviceDetection: true, hostTimeout: 1 })));
    expect(output).toMatchObject({ partial: true, hosts: [{ timedOut: true, ports: [] }] });
  });

  it('a cancel ends the process group and keeps what was found, marked as partial', async () => {
    const stop = new AbortController();
    const ports = `${silent},${closed}`;
    const call = toolCall(input({ targets: ['127.0.0.1', '127.0.0.2'], ports, serviceDetection: true }), stop.signal);
    const failure = tool.run(call).catch((error: unknown) => error);
    while (call.context.news.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const pids = await processesWith(ports);
    expect(pids).toHaveLength(1);
    stop.abort();
    expect(await failure).toMatchObject({ failure: { code: 'cancelled' }, output: { partial: true, scanType: 'connect', hosts: [{ state: 'not-scanned' }, { state: 'not-scanned' }] } });
    expect(await groupIsAlive(pids[0]!)).toBe(false);
    expect(await processesWith(ports)).toEqual([]);
  });

  it('an nmap that somebody else killed is a failure with a partial output, never a success', async () => {
    const ports = `${silent},${open}`;
    const call = toolCall(input({ targets: '127.0.0.1', ports, serviceDetection: true }));
    const failure = tool.run(call).catch((error: unknown) => error);
    while (call.context.news.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    for (const pid of await processesWith(ports)) process.kill(pid, 'SIGKILL');
    expect(await failure).toMatchObject({ failure: { code: 'killed-by-signal' }, output: { partial: true } });
  });
});

/** Runs a call with a program in place of nmap: a shell script with these lines, which gets a file to write to as `$out`. @returns the answer and what was written */
async function withScript(lines: string, run: (nmap: string) => Promise<NmapOutput>): Promise<{ output: NmapOutput; written: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'nmap-'));
  try {
    const [nmap, out] = [join(folder, 'nmap'), join(folder, 'out')];
    await chmod(folder, 0o755);
    await writeFile(out, '', { mode: 0o666 });
    await chmod(out, 0o666);
    await writeFile(nmap, `#!/bin/sh\nout='${out}'\n${lines}\n`, { mode: 0o755 });
    return { output: await run(nmap), written: await readFile(out, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describeWith(NMAP)('what nmap says of itself', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createHttpServer((_request, response) => response.setHeader('Server', 'nginx/1.24.0').end('hello'));
    port = await listen(server, '127.0.0.1');
  });
  afterAll(() => { server.close(); });

  it('versions are found out without any script, and the folder for that is gone', async () => {
    // What it loads it says on stdout only, which is the report's place: here the report takes the way through a file.
    const aloud = `for word; do shift; case "$word" in -oX|-) ;; *) set -- "$@" "$word" ;; esac; done\necho "$@" > "$out"; ${NMAP} -d -oX "$out.xml" "$@" >> "$out"; cat "$out.xml"`;
    const { output, written } = await withScript(aloud, (nmap) =>
      toolWith(new Capabilities({ nmap }, new Set())).run(toolCall(input({ targets: '127.0.0.1', ports: String(port), serviceDetection: true }))));
    expect(output.hosts[0]?.ports).toMatchObject([{ port, product: 'nginx', version: '1.24.0' }]);
    expect(written).toContain('NSE: Loaded 0 scripts for scanning.');
    expect(existsSync(/--datadir (\S+)/.exec(written)![1]!)).toBe(false);
  });

  // With the capability alone nmap takes raw sockets only when it is told that it may.
  (process.getuid?.() === 0 && existsSync(SETPRIV) ? it : it.skip)('an ordinary user who has CAP_NET_RAW makes a SYN scan', async () => {
    const asNobody = `${SETPRIV} --reuid 65534 --regid 65534 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw`;
    const { output } = await withScript(`exec ${asNobody} ${NMAP} "$@"`, (nmap) =>
      toolWith(new Capabilities({ nmap }, new Set(['nmap-raw-sockets']))).run(toolCall(input({ targets: '127.0.0.1', scan: 'syn', ports: String(port) }))));
    expect(output).toMatchObject({ scanType: 'syn', degraded: false, openPorts: 1 });
  });
});

it.each([[true, 'NMAP_PRIVILEGED=1'], [false, 'NMAP_UNPRIVILEGED=1']])('whether raw sockets may be used (%s) is told to nmap, whoever runs it: %s', async (may, told) => {
  const recorded = fileURLToPath(new URL('../nmap/recorded/connect.xml', import.meta.url));
  const { written } = await withScript(`env > "$out"; cat '${recorded}'`, (nmap) =>
    toolWith(new Capabilities({ nmap }, new Set(may ? ['nmap-raw-sockets'] : []))).run(toolCall(input({ targets: '127.0.0.1' }))));
  expect(written.split('\n').filter((line) => line.startsWith('NMAP_'))).toEqual([told]);
});

it('an nmap that stops with an error is a failure, not a host that is down', async () => {
  const recorded = fileURLToPath(new URL('../nmap/recorded/raw-sockets-refused.xml', import.meta.url));
  await expect(withScript(`cat '${recorded}'`, (nmap) => toolWith(new Capabilities({ nmap }, new Set(['nmap-raw-sockets']))).run(toolCall(input({ targets: '127.0.0.1', scan: 'syn' }))))).rejects.toMatchObject({
    failure: { code: 'tool-failed', message: expect.stringContaining('raw socket') },
  });
});

describe('before any program is started', () => {
  /** Would fail with `capability-missing` if it were started. */
  const tool = toolWith(new Capabilities({ nmap: '/nonexistent/nmap' }, new Set(['nmap-raw-sockets'])), { NETWORK_PROTECTED: '10.0.0.9', NETWORK_MAX_HOSTS: '256' });

  it.each([
    ['a public address', '8.8.8.8', 'target-refused'],
    ['a public address among private ones', ['127.0.0.1', '8.8.8.8'], 'target-refused'],
    ['a network that is larger than the allowed one', '127.0.0.0/7', 'target-refused'],
    ['a protected host', '10.0.0.9', 'target-refused'],
    ['a list file', '-iL/etc/passwd', 'target-refused'],
    ['a range', '127.0.0.1-5', 'target-refused'],
    ['too many addresses', '127.0.0.0/16', 'limit-exceeded'],
  ])('%s is refused', async (_what, targets, code) => {
    await expect(tool.run(toolCall(input({ targets })))).rejects.toMatchObject({ failure: { code } });
  });

  it('a port range that runs backwards is refused', async () => {
    await expect(tool.run(toolCall(input({ targets: '127.0.0.1', ports: '90-80' })))).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
  });

  it('a good call gets as far as the program', async () => {
    await expect(tool.run(toolCall(input({ targets: '127.0.0.1' })))).rejects.toMatchObject({ failure: { code: 'capability-missing' } });
  });
});
