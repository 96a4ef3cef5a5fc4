import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

let running: ChildProcess | undefined;
// Left over when the test's time was up. It ends what it started.
afterAll(async () => {
  if (!running || running.exitCode !== null) return;
  running.kill('SIGTERM');
  await once(running, 'close');
}, 30_000);

/** `npm run chaos` as it is called when everything is built: its exit code and all that it printed. */
async function chaos(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = running = spawn(process.execPath, ['tools/chaos.mjs', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  await once(child, 'close');
  return { code: child.exitCode, output };
}

it('half a minute of every kind of fault: nothing is lost, nothing is done twice, histories have no gap, every unknown has its cause', async () => {
  const { code, output } = await chaos('--only', 'storm', '--runs', '120', '--minutes', '0.5', '--seed', '1');
  if (code !== 0) throw new Error(output);
  expect(output.match(/^ {2}holds {3}.*$/gm)).toHaveLength(5);
}, 300_000);

describe('the rules of a storm notice', () => {
  type Judge = (found: object) => { rule: string; broken: string[] }[];
  let judge: Judge;
  beforeAll(async () => { ({ judge } = await import(join(ROOT, 'tools', 'chaos', 'verdicts.mjs')) as { judge: Judge }); });

  const at = 1_000_000;
  const item = (more: object = {}) => ({ index: 0, status: 'succeeded', attempt: 1, failure: null, ...more });
  /** One run of one command that was done once by a worker with the pid 7, with what differs. */
  function broken({ items = [item()], done = ['r0.write.0'], status = 'completed', seqs = [1, 2], lastEvent = 2, doubts = [], faults = [] }: {
    items?: readonly object[]; done?: readonly string[]; status?: string; seqs?: readonly number[]; lastEvent?: number; doubts?: readonly object[]; faults?: readonly object[];
  }): string[] {
    const step = { id: 'write', tool: 'run-command', status: 'succeeded' };
    const run = { view: { id: 'run', status, lastEvent, parentRunId: null, inputs: { run: 'r0' }, steps: [step] }, items: items.map((i) => ({ step, item: i })), events: seqs.map((seq) => ({ seq })) };
    const ledger = { of: (id: string) => done.filter((d) => d === id), ids: () => done };
    return judge({ started: [{ id: 'run', tag: 'r0', kind: 'chain', totals: { write: 1 } }], runs: [run], doubts, faults, ledger }).filter((v) => v.broken.length > 0).map((v) => v.rule);
  }

  it('nothing where nothing is wrong', () => expect(broken({})).toEqual([]));
  it('a storm of no runs', () => expect(judge({ started: [], runs: [], doubts: [], faults: [], ledger: { of: () => [], ids: () => [] } })[0]!.broken).toEqual(['no run was started']));
  it('a run that does not end', () => expect(broken({ status: 'running' })).toEqual(['nothing is lost']));
  it('an item that is missing', () => expect(broken({ items: [], done: [] })).toEqual(['nothing is lost']));
  it('an item that is there twice', () => expect(broken({ items: [item(), item()] })).toEqual(['nothing is lost']));
  it('an item that goes on in a run that has ended', () => expect(broken({ items: [item({ status: 'running' })] })).toEqual(['nothing is lost']));
  it('a command that was done twice', () => expect(broken({ done: ['r0.write.0', 'r0.write.0'] })).toEqual(['what may not be repeated is done once']));
  it('a success of what was never done', () => expect(broken({ done: [] })).toEqual(['rows are true']));
  it('a failure before the act, of what was done', () => expect(broken({ items: [item({ status: 'failed', failure: { code: 'unreachable' } })] })).toEqual(['rows are true']));
  it('something done that was skipped', () => expect(broken({ items: [item({ status: 'skipped' })] })).toEqual(['rows are true']));
  it('something done that no item speaks of', () => expect(broken({ done: ['r0.write.0', 'r0.write.1'] })).toEqual(['rows are true']));
  it.each([{ seqs: [1, 3], lastEvent: 3 }, { seqs: [1, 1] }, { seqs: [1] }])('a history with a gap: %j', (history) => expect(broken(history)).toEqual(['histories have no gap']));

  describe('an unknown outcome', () => {
    const doubt = { what: 'r0.write.0', code: 'worker-lost', workerId: 'automation-service-7-0123abcd', target: '127.0.3.1', known: false, from: at, to: at + 8000, runId: 'run', inside: [] };
    const kill = { kind: 'kill -9', target: 'automation-service-1', pids: [7], from: at + 100, to: at + 3000 };
    const rule = 'every unknown has an injected cause';
    const judged = (more: object, ...faults: readonly object[]) => broken({ items: [item({ status: 'unknown' })], doubts: [{ ...doubt, ...more }], faults });

    it('with no fault', () => expect(judged({})).toEqual([rule]));
    it('of a worker that was killed', () => expect(judged({}, kill)).toEqual([]));
    it('while another worker was killed', () => expect(judged({}, { ...kill, pids: [8] })).toEqual([rule]));
    it('of a worker that was killed at another time', () => expect(judged({}, { ...kill, from: at + 20_000, to: at + 30_000 })).toEqual([rule]));
    it('for ever, while the record was away only', () => expect(judged({}, { ...kill, kind: 'postgres stopped', target: 'postgres', pids: [1] })).toEqual([rule]));
    it('for a while, while the record was away', () => expect(judged({ known: true }, { ...kill, kind: 'postgres stopped', target: 'postgres', pids: [1] })).toEqual([]));
    it('of a connection that was cut', () => expect(judged({ code: 'connection-lost' }, { kind: 'ssh connections cut', target: 'hosts', pids: [], hosts: ['127.0.3.1'], from: at, to: at })).toEqual([]));
    it('of a sub-plan in which something was', () => expect(judged({ code: 'child-unknown', workerId: null, inside: [doubt] }, kill)).toEqual([]));
    it.each([{ inside: [] }, { inside: [doubt] }])('of a sub-plan in which nothing was, or something without a fault', (more) => expect(judged({ code: 'child-unknown', workerId: null, ...more })).toEqual([rule]));
    it('of a connection to another host than those that were cut', () => expect(judged({ code: 'connection-lost' }, { kind: 'ssh connections cut', target: 'hosts', pids: [], hosts: ['127.0.3.2'], from: at, to: at })).toEqual([rule]));
  });
});
