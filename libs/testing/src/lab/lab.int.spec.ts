import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { waitFor } from '../wait-for.js';
import { missingForLab, startLab, type Lab } from './lab.js';
import { Namespace } from './namespace.js';

const missing = missingForLab();
if (missing.length > 0) console.warn(`SKIPPED: no lab of real hosts was made, since this needs ${missing.join(', ')}`);
const onLab = missing.length > 0 ? describe.skip : describe;

/** Our own devices of labs. */
const devices = () => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }).split('\n').filter((l) => /^\d+: lab[0-9a-f]{10}@/.test(l));

onLab('a lab of two hosts', () => {
  let lab: Lab;
  let before: string[];
  beforeAll(async () => {
    before = devices();
    lab = await startLab(['one', 'two']);
  });
  afterAll(async () => { await lab.stop(); });

  it('each host has its own name, users and processes', async () => {
    expect(await lab.host('one').sh('hostname; id -un 61001')).toBe('one\nops\n');
    const seen = await lab.host('two').processes();
    expect(seen.map((p) => p.command)).toContainEqual(expect.stringContaining('sshd: /usr/sbin/sshd'));
    expect(seen.every((p) => p.pid < 1000)).toBe(true);
  });

  it('hosts reach each other, unless they are told not to', async () => {
    const [one, two] = [lab.host('one'), lab.host('two')];
    const knock = (seconds: number) => one.sh(`timeout ${seconds} bash -c 'exec 3<>/dev/tcp/${two.address}/22 && head -c 4 <&3' || echo no`);
    expect(await knock(10)).toBe('SSH-');
    await two.blackHole();
    expect(await knock(1)).toBe('no\n');
    await two.admitOnly(one.address);
    expect(await knock(10)).toBe('SSH-');
    await two.admitOnly(lab.address);
    expect(await knock(1)).toBe('no\n');
    await two.heal();
    expect(await knock(10)).toBe('SSH-');
  });

  it('two labs at once do not meet, and nothing is left of one that was stopped', async () => {
    const other = await startLab(['one']);
    expect(other.address).not.toBe(lab.address);
    await other.stop();
    expect(existsSync(other.folder)).toBe(false);
    await waitFor(() => devices().length === before.length + 1, { what: 'the device of the other lab to be gone' });
  });
});

onLab('namespaces', () => {
  it('end with the process that made them, even when that is killed', async () => {
    // The holder's stdin is all that ties the namespaces to us: a process that is killed closes it.
    const child = spawn('sh', ['-c', 'sleep 300 | unshare --net --pid --fork --kill-child sh -c "sleep 4242 & cat >/dev/null" & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const sleeping = () => execFileSync('ps', ['-e', '-o', 'args='], { encoding: 'utf8' }).split('\n').includes('sleep 4242');
    await once(child.stdout, 'data');
    await waitFor(sleeping, { what: 'a process in the namespace' });
    process.kill(-child.pid!, 'SIGKILL');
    await waitFor(() => !sleeping(), { what: 'the process to be gone with it' });
  });

  it('that cannot be set up say why', async () => {
    await expect(Namespace.start({ separate: 'network', setup: 'echo broken >&2; false' })).rejects.toThrow('broken');
  });
});
