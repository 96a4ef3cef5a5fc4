import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import { surroundings } from '../../../tools/surroundings.mjs';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FREE_PORTS = Object.fromEntries(['ORCHESTRATOR', 'ASSET_SERVICE', 'AUTOMATION_SERVICE', 'NETWORK_SERVICE', 'REDIS', 'POSTGRES', 'FLEET', 'FLEET_WINRM'].map((n) => [`${n}_PORT`, '0']));

let data: string;
let started: Start[];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'opsmesh-tooling-'));
  started = [];
});
afterEach(async () => {
  for (const s of started) await s.end();
  rmSync(data, { recursive: true, force: true });
});

/** `npm start` on the data folder of the test, as a terminal would have it: the leader of a process group. */
class Start {
  readonly process: ChildProcess;
  output = '';
  readonly #ended: Promise<unknown>;

  constructor(env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, ['tools/start.mjs'], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...surroundings(), ...FREE_PORTS, OPSMESH_DATA: data, OPSMESH_AUTH: 'off', ...env } });
    for (const stream of [this.process.stdout!, this.process.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => { this.output += text; });
    this.#ended = once(this.process, 'close');
    started.push(this);
  }

  /** Waits for its address; fails with what it said when it ends instead. */
  async api(): Promise<string> {
    await waitFor(() => this.output.includes('Ctrl-C stops everything') || this.process.exitCode !== null, { what: 'npm start', timeoutMs: 60_000 });
    const api = /API +(http:\S+)/.exec(this.output)?.[1];
    if (api === undefined) throw new Error(this.output);
    return api;
  }

  async exitCode(): Promise<number | null> {
    await this.#ended;
    return this.process.exitCode;
  }

  /** What a Ctrl-C does: the signal goes to the whole group. */
  interrupt(): void {
    process.kill(-this.process.pid!, 'SIGINT');
  }

  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.interrupt();
    await this.#ended;
  }
}

/** The processes of the mesh on the test's data folder. */
function childPids(): number[] {
  return (JSON.parse(readFileSync(join(data, 'mesh.lock'), 'utf8')) as { children: { pid: number }[] }).children.map((c) => c.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function json<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return await response.json() as T;
}

function finishedRun(api: string, id: string): Promise<RunView> {
  return waitFor(async () => {
    const run = await json<RunView>(`${api}/runs/${id}`);
    return run.status === 'running' ? undefined : run;
  }, { what: `run ${id} to end`, timeoutMs: 60_000, everyMs: 100 });
}

it('a free port is given to one process until it ends, can be listened on, and keeps nobody from ending', async () => {
  const script = "import { freePort } from './tools/ports.mjs'; const ports = []; while (ports.length < 300) ports.push(await freePort()); console.log(JSON.stringify(ports)); process.stdin.resume();";
  const pickers = [1, 2].map(() => spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] }));
  const ports = (await Promise.all(pickers.map(async (p) => JSON.parse(String((await once(p.stdout, 'data'))[0])) as number[]))).flat();
  expect(new Set(ports).size).toBe(600);
  const server = createServer().listen(ports[0], '0.0.0.0');
  await once(server, 'listening');
  server.close();
  for (const picker of pickers) picker.stdin.end();
  expect(await Promise.all(pickers.map(async (p) => (await once(p, 'exit'))[0] as number))).toEqual([0, 0]);
});

describe('npm start', () => {
  it('names a port that is in use, who has it and the variable to set, and starts nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const start = new Start({ ORCHESTRATOR_PORT: String(port) });
    expect(await start.exitCode()).toBe(1);
    expect(start.output).toMatch(new RegExp(`port ${port} of orchestrator is in use by .*\\(pid ${process.pid}\\).*ORCHESTRATOR_PORT`));
    expect(() => childPids()).toThrow('ENOENT');
    server.close();
  });

  it('stops within 10 s of a Ctrl-C and leaves nothing; a second start has the data of the first', async () => {
    const first = new Start();
    const api = await first.api();
    const { id } = await json<{ id: string }>(`${api}/runs`, { plan: { name: 'web hosts', steps: [{ id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'web' } } }] }, tenant_id: 'default', actor_id: 'e2e' });
    const run = await finishedRun(api, id);
    expect(run).toMatchObject({ status: 'completed', steps: [{ id: 'assets', status: 'succeeded', total: 1 }] });
    const pids = childPids();
    expect(pids).toHaveLength(7);

    const began = performance.now();
    first.interrupt();
    expect(await first.exitCode()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(pids.filter(isAlive)).toEqual([]);

    const second = new Start();
    expect(await json<RunView>(`${await second.api()}/runs/${id}`)).toEqual(run);
  }, 120_000);

  it('refuses a data folder that another one uses', async () => {
    const first = new Start({ OPSMESH_DEMO: 'off' });
    await first.api();
    const second = new Start({ OPSMESH_DEMO: 'off' });
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toContain(`a mesh runs on this data folder already (pid ${first.process.pid})`);
    expect(childPids().every(isAlive)).toBe(true);
  }, 60_000);

  it('starts a process again that crashed', async () => {
    const start = new Start({ OPSMESH_DEMO: 'off' });
    await start.api();
    for (const pid of childPids()) {
      const told = start.output.length;
      process.kill(pid, 'SIGKILL');
      await waitFor(() => start.output.slice(told).includes('runs again'), { what: `the process ${pid} to be started again`, timeoutMs: 60_000 });
    }
    expect(childPids().every(isAlive)).toBe(true);
    expect(start.process.exitCode).toBeNull();
  }, 120_000);

  it('leaves no process behind when it is killed, and can be started again at once', async () => {
    const first = new Start();
    await first.api();
    const pids = childPids();
    first.process.kill('SIGKILL');
    await first.exitCode();
    const second = new Start();
    await second.api();
    expect(pids.filter(isAlive)).toEqual([]);
  }, 120_000);
});
