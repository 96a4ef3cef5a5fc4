import { readdir, readFile } from 'node:fs/promises';
import { waitFor } from '@opsmesh/testing';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => { rig = await Rig.start(); }, 120_000);
afterAll(() => rig.stop(), 60_000);

/** Processes of this machine, on which the simulated hosts run their commands, with these words. */
async function processesOf(...words: readonly string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line === `${words.join('\0')}\0`);
}

it('a worker that is told to stop stops its commands on their hosts, and says so', async () => {
  const command = 'trap "" TERM; sleep 7411; sleep 7411';
  const run = await rig.startRun({ steps: [{ id: 'wait', tool: 'run-command', inputs: { target_host: 'web-01', command } }] });
  await waitFor(async () => ((await processesOf('sleep', '7411')).length > 0 ? true : undefined), { what: 'the command to run' });
  await rig.mesh.children['automation-service']!.stop();
  expect(await processesOf('sleep', '7411')).toEqual([]);
  await rig.ended(run);
  expect(await rig.items(run, 'wait')).toMatchObject([{ status: 'failed', failure: { code: 'killed-by-signal' } }]);
}, 60_000);
