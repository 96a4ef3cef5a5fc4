import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ToolFailure } from '@opsmesh/contracts';
import { parseHostKeys } from '@opsmesh/platform';
import { missingForLab, startLab, waitFor, type Lab } from '@opsmesh/testing';
import { DEFAULT_POOL, type PoolOptions } from './connection-pool.js';
import { describeOnLab, LabClient, stdoutOf } from './lab.fixture.js';
import { SshClient } from './ssh-client.js';

describeOnLab(missingForLab())('on six real hosts', () => {
  let lab: Lab;
  let client: LabClient;
  const clients: SshClient[] = [];

  function withPool(more: Partial<PoolOptions> = {}): LabClient {
    const ssh = new SshClient({ pool: { ...DEFAULT_POOL, connectMs: 5000, ...more } });
    clients.push(ssh);
    return new LabClient(lab, ssh);
  }

  beforeAll(async () => { lab = await startLab(['web-1', 'web-2', 'jump', 'inner', 'deep', 'dark']); });
  afterAll(() => lab.stop());
  beforeEach(() => { client = withPool(); });
  afterEach(async () => {
    for (const ssh of clients.splice(0)) ssh.pool.close();
    for (const name of ['inner', 'deep', 'dark', 'web-2']) await lab.host(name).heal();
  });

  describe('a login', () => {
    it('by password, by key, and by a key with its passphrase', async () => {
      const { privateKey, encryptedKey, passphrase } = lab;
      for (const credential of [client.user('ops'), { kind: 'ssh' as const, username: 'ops', privateKey }, { kind: 'ssh' as const, username: 'ops', privateKey: encryptedKey, passphrase }]) {
        expect(await client.run('web-1', 'id -un; hostname', { credential })).toMatchObject({ kind: 'ok', output: { stdout: 'ops\nweb-1\n' } });
      }
    });

    it('by the agent, only where the worker allows it', async () => {
      const socket = join(lab.folder, 'agent');
      const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
      await once(agent.stdout, 'data');
      try {
        execFileSync('ssh-add', ['-q', join(lab.folder, 'user')], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
        const credential = { kind: 'ssh' as const, username: 'ops', useAgent: true };
        expect(await withPool({ agent: socket }).run('web-1', 'id -un', { credential })).toMatchObject({ kind: 'ok', output: { stdout: 'ops\n' } });
        expect(await client.run('web-1', 'id -un', { credential })).toMatchObject({ kind: 'auth-failed', detail: expect.stringContaining('OPSMESH_SSH_AGENT') as string });
      } finally {
        agent.kill();
        await once(agent, 'exit');
      }
    });

    it('that is refused says so, and fifty on one stock sshd all succeed', async () => {
      expect(await client.run('web-1', 'true', { credential: client.user('ops', { password: 'wrong-password' }) })).toMatchObject({ kind: 'auth-failed' });
      expect(await client.run('web-1', 'true', { credential: { kind: 'ssh', username: 'ops', privateKey: lab.encryptedKey, passphrase: 'wrong' } })).toMatchObject({ kind: 'auth-failed' });
      const expected = Array.from({ length: 50 }, (_, i) => `${i}\n`);
      expect((await Promise.all(expected.map((_, i) => client.run('web-1', `echo ${i}`)))).map(stdoutOf)).toEqual(expected);
      const own = expected.map((_, i) => client.run('web-2', `echo ${i}`, { connection: client.connection(lab.host('web-2'), { assetId: `a-${i}` }) }));
      expect((await Promise.all(own)).map(stdoutOf)).toEqual(expected);
    });
  });

  describe('host keys agree with ssh-keygen -F', () => {
    const found = (text: string, name: string): string[] => {
      const file = join(lab.folder, 'known_hosts');
      writeFileSync(file, text);
      try {
        return execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' }).split('\n').filter((l) => l !== '' && !l.startsWith('#')).map((l) => l.split(' ').slice(-2).join(' ')).sort();
      } catch {
        return [];
      }
    };
    const known = (text: string, name: string, port = 22) => parseHostKeys(text, { names: [name], port }).map((k) => `${k.type} ${k.blob}`).sort();

    it('plain, hashed, with a port, for other hosts and as patterns', () => {
      const { address } = lab.host('web-1');
      const scanned = execFileSync('ssh-keyscan', [address], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n').filter((l) => !l.startsWith('#')).join('\n');
      const hashed = execFileSync('ssh-keyscan', ['-H', address], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      const key = lab.host('web-2').hostKeys.split('\n')[0]!.split(' ').slice(0, 2).join(' ');
      const other = `[${address}]:2222 ${key}\nweb-*.lab,!web-9.lab ${key}\n`;
      for (const text of [scanned, hashed, `${scanned}\n${hashed}\n${other}`]) {
        for (const name of [address, '198.51.100.1', 'web-1.lab', 'web-9.lab', 'db.lab']) expect(known(text, name)).toEqual(found(text, name));
        expect(known(text, address, 2222)).toEqual(found(text, `[${address}]:2222`));
      }
      expect(known(scanned, address)).toHaveLength(3);
    });

    it('a revoked key is refused, whatever the policy', async () => {
      const host = lab.host('web-1');
      const revoked = host.hostKeys.split('\n').map((k) => `@revoked ${host.address} ${k}`).join('\n');
      expect(found(revoked, host.address)).toHaveLength(3);
      for (const hostKeyPolicy of ['strict', 'accept-new', 'off'] as const) {
        expect(await client.run('web-1', 'true', { connection: client.connection(host, { hostKey: revoked, hostKeyPolicy }) })).toMatchObject({ kind: 'hostkey-mismatch', detail: expect.stringContaining('revoked') as string });
      }
    });

    it('the keys of another host are refused, and no credential is sent', async () => {
      const logins = () => lab.host('web-1').sh('grep -c "password for" /mnt/log || :');
      const before = await logins();
      expect(await client.run('web-1', 'true', { connection: client.connection(lab.host('web-1'), { hostKey: lab.host('web-2').hostKeys }) })).toMatchObject({ kind: 'hostkey-mismatch' });
      expect(await logins()).toBe(before);
      await client.run('web-1', 'true');
      expect(await logins()).not.toBe(before);
    });
  });

  describe('sudo', () => {
    it('asks for the password and gets it, as root and as another user', async () => {
      const options = { env: { GREETING: `it's $HOME` }, stdin: 'in\n', sudo: { user: 'root' } };
      expect(await client.run('web-1', 'cd /tmp; id -un; pwd; printf "%s\n" "$GREETING"; cat; echo err >&2; exit 3', options)).toEqual({ kind: 'nonzero', exitCode: 3, output: { stdout: `root\n/tmp\nit's $HOME\nin\n`, stderr: 'err\n', truncated: false } });
      expect(await client.run('web-1', 'id -un', { sudo: { user: 'app' } })).toMatchObject({ kind: 'ok', output: { stdout: 'app\n' } });
      expect(await client.run('web-1', 'id -un; cat', { as: 'free', sudo: { user: 'root' } })).toMatchObject({ kind: 'ok', output: { stdout: 'root\n' } });
    });

    it('that refuses runs nothing', async () => {
      const canary = () => lab.host('web-1').sh('ls /tmp/sudo-canary 2>/dev/null || echo none');
      const { privateKey } = lab;
      const touch = 'touch /tmp/sudo-canary';
      expect(await client.run('web-1', touch, { credential: client.user('ops', { sudoPassword: 'wrong-password' }), sudo: { user: 'root' } })).toMatchObject({ kind: 'auth-failed', detail: 'sudo refused the password' });
      expect(await client.run('web-1', touch, { credential: { kind: 'ssh', username: 'ops', privateKey }, sudo: { user: 'root' } })).toMatchObject({ kind: 'auth-failed', detail: expect.stringContaining('has none') as string });
      expect(await client.run('web-1', touch, { as: 'plain', sudo: { user: 'root' } })).toMatchObject({ kind: 'target-refused', detail: expect.stringContaining('sudoers') as string });
      expect(await client.run('web-1', touch, { sudo: { user: 'nobody-of-this-name' } })).toMatchObject({ kind: 'target-refused' });
      expect(await client.run('web-1', touch, { as: 'tty', sudo: { user: 'root' } })).toMatchObject({ kind: 'target-refused', detail: expect.stringContaining('tty') as string });
      expect(await canary()).toBe('none\n');
    });

    it('that insists on a terminal gets one when it is asked for', async () => {
      const outcome = await client.run('web-1', 'tty >/dev/null 2>&1; id -un; [ -t 1 ] && echo terminal; echo err >&2', { as: 'tty', sudo: { user: 'root' }, pty: true });
      expect(outcome).toEqual({ kind: 'ok', output: { stdout: 'root\nterminal\nerr\n', stderr: '', truncated: false } });
      expect(await client.run('web-1', '[ -t 1 ] || echo none')).toMatchObject({ output: { stdout: 'none\n' } });
      expect(await client.run('web-1', `printf '%s' '${'x'.repeat(9000)}'; [ -t 1 ] && echo .`, { pty: true })).toMatchObject({ kind: 'ok', output: { stdout: `${'x'.repeat(9000)}.\n` } });
    });
  });

  describe('stopping', () => {
    const tree = 'sleep 7301 & sh -c "sleep 7302; :" & setsid sh -c "sleep 7303; :" & trap "" TERM; echo on; while :; do sleep 1; done';
    const sleeping = async (name: string) => (await lab.host(name).processes()).filter((p) => /sleep 730\d/.test(p.command));

    it.each<[string, string, object]>([
      ['a command', 'web-1', {}], ['a command of sudo', 'web-1', { sudo: { user: 'root' } }], ['a command of sudo as another user', 'web-1', { sudo: { user: 'app' } }],
      ['a command of sudo with a terminal', 'web-1', { sudo: { user: 'root' }, pty: true }], ['a command behind a jump host', 'inner', { behind: true }],
    ])('%s ends its tree, as the host itself sees it', async (_what, name, { behind, ...more }: { behind?: boolean }) => {
      const cancel = new AbortController();
      const outcome = await client.run(name, tree, {
        ...more, ...(behind ? { via: [client.hop('jump')] } : {}), signal: cancel.signal,
        onOutput: async () => {
          await waitFor(async () => (await sleeping(name)).length >= 3, { what: 'the tree to grow' });
          cancel.abort(new ToolFailure('cancelled', 'stop'));
        },
      });
      expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
      expect(await sleeping(name)).toEqual([]);
    });

    it.each([['as the user', {}], ['by sudo', { sudo: { user: 'root' } }]])('ends what left group, session and environment behind (%s)', async (_what, more) => {
      const cancel = new AbortController();
      const outcome = await client.run('web-1', 'env -i setsid sleep 7306 & echo on; wait', {
        ...more, signal: cancel.signal,
        onOutput: async () => {
          await waitFor(async () => (await sleeping('web-1')).some((p) => p.command.startsWith('sleep')), { what: 'the command to leave' });
          cancel.abort(new ToolFailure('cancelled', 'stop'));
        },
      });
      expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
      expect(await sleeping('web-1')).toEqual([]);
    });

    it('is not confirmed when the host cannot be asked any more', async () => {
      const cancel = new AbortController();
      const outcome = await withPool({ connectMs: 3000, keepaliveMs: 500 }).run('web-2', 'echo on; sleep 7304', {
        signal: cancel.signal, onOutput: async () => { await lab.host('web-2').blackHole(); cancel.abort(new ToolFailure('cancelled', 'stop')); },
      });
      expect(outcome).toMatchObject({ kind: 'cancelled', stop: { state: 'unconfirmed' } });
      await lab.host('web-2').heal();
      await lab.host('web-2').kill('sleep 7304');
    });
  });

  describe('the network', () => {
    it('a host that swallows everything is unreachable within the connect time', async () => {
      await lab.host('dark').blackHole();
      const begin = performance.now();
      expect(await withPool({ connectMs: 600, connectTries: 1 }).run('dark', 'true')).toMatchObject({ kind: 'unreachable' });
      expect(performance.now() - begin).toBeLessThan(3000);
    });

    it('a link that goes dark while a command runs ends by its deadline, or is noticed as lost', async () => {
      const dark = { onOutput: () => lab.host('dark').blackHole() };
      const begin = performance.now();
      expect(await withPool({ connectMs: 3000, keepaliveMs: 60_000 }).run('dark', 'echo on; sleep 7305', { ...dark, deadline: begin + 6000 })).toMatchObject({ kind: 'timed-out', deadline: 'total', stop: { state: 'unconfirmed' } });
      expect(performance.now() - begin).toBeLessThan(6000 + 5000);
      await lab.host('dark').heal();
      expect(await withPool({ keepaliveMs: 500 }).run('dark', 'echo on; sleep 7305', dark)).toMatchObject({ kind: 'connection-lost', output: { stdout: 'on\n' } });
      await lab.host('dark').heal();
      await lab.host('dark').kill('sleep 7305');
    }, 60_000);

    it('a reset while a command runs is connection-lost; one of an idle connection is nobody\'s concern', async () => {
      const own = withPool({ keepaliveMs: 500 });
      const outcome = await own.run('web-2', 'echo on; sleep 7306', { onOutput: () => lab.host('web-2').resetConnections() });
      expect(outcome).toMatchObject({ kind: 'connection-lost', output: { stdout: 'on\n' } });
      await lab.host('web-2').heal();
      await own.run('web-2', 'true');
      await lab.host('web-2').resetConnections();
      await waitFor(() => own.ssh.pool.size === 0, { what: 'the pool to notice' });
      await lab.host('web-2').heal();
      expect(await own.run('web-2', 'echo back')).toMatchObject({ kind: 'ok', output: { stdout: 'back\n' } });
      await lab.host('web-2').kill('sleep 7306');
    });
  });

  describe('jump hosts', () => {
    const via = (...names: string[]) => names.map((n) => client.hop(n));

    it('reach what is reached through them only, one after the other', async () => {
      await lab.host('inner').admitOnly(lab.host('jump').address);
      await lab.host('deep').admitOnly(lab.host('inner').address);
      expect(await withPool({ connectMs: 500, connectTries: 1 }).run('inner', 'true')).toMatchObject({ kind: 'unreachable' });
      expect(await client.run('inner', 'hostname; echo "${SSH_CONNECTION%% *}"', { via: via('jump') })).toMatchObject({ kind: 'ok', output: { stdout: `inner\n${lab.host('jump').address}\n` } });
      expect(await client.run('deep', 'hostname; echo "${SSH_CONNECTION%% *}"', { via: via('jump', 'inner') })).toMatchObject({ kind: 'ok', output: { stdout: `deep\n${lab.host('inner').address}\n` } });
    });

    it('are used again, by many commands for many targets', async () => {
      await waitFor(async () => await lab.host('jump').connections() === 0, { what: 'the jump host to have no connection' });
      const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => client.run(i % 2 ? 'inner' : 'deep', `echo ${i}`, { via: via('jump') })));
      expect(outcomes.map(stdoutOf)).toEqual(Array.from({ length: 40 }, (_, i) => `${i}\n`));
      expect(await lab.host('jump').connections()).toBe(1);
      expect(client.ssh.pool.size).toBe(3);
    });

    it('have keys, credentials and failures of their own', async () => {
      const [hop] = via('jump');
      const target = { via: [hop!] };
      expect(await client.run('inner', 'true', { via: [client.hop('jump', { hostKey: lab.host('web-1').hostKeys })] })).toMatchObject({ kind: 'hostkey-mismatch', detail: expect.stringMatching(/^jump host jump: /) as string });
      expect(await client.run('inner', 'true', { via: [{ ...hop!, credential: client.user('ops', { password: 'wrong-password' }) }] })).toMatchObject({ kind: 'auth-failed', detail: expect.stringMatching(/^jump host jump: /) as string });
      expect(await client.run('inner', 'true', { ...target, connection: client.connection(lab.host('inner'), { hostKey: lab.host('web-1').hostKeys }) })).toMatchObject({ kind: 'hostkey-mismatch', detail: expect.not.stringContaining('jump host') as string });
      expect(await client.run('inner', 'true', { ...target, connection: client.connection(lab.host('inner'), { port: 23 }) })).toMatchObject({ kind: 'unreachable', detail: expect.stringContaining('jump host jump did not reach') as string });
    });

    it('that go away take the commands behind them along, as lost', async () => {
      const outcome = await client.run('inner', 'echo on; sleep 7307', { via: via('jump'), onOutput: async () => { await lab.host('jump').kill('sshd: ops'); } });
      expect(outcome).toMatchObject({ kind: 'connection-lost' });
      await waitFor(() => client.ssh.pool.size === 0, { what: 'the pool to notice' });
      expect(await client.run('inner', 'echo back', { via: via('jump') })).toMatchObject({ kind: 'ok' });
      await lab.host('inner').kill('sleep 7307');
    });
  });
});
