import { existsSync, readdirSync } from 'node:fs';
import { ToolFailure, validate, type Credential } from '@opsmesh/contracts';
import { missingForLab, startLab, waitFor, type Lab } from '@opsmesh/testing';
import { fakeToolContext, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { describeOnLab, LabClient } from '../ssh/lab.fixture.js';
import { SshClient } from '../ssh/ssh-client.js';
import { DiskUsage, DiskUsageInput } from './disk-usage.js';
import { LogSearch, LogSearchInput } from './log-search.js';
import { ProcessList, ProcessListInput } from './process-list.js';
import { RestartService, RestartServiceInput } from './restart-service.js';
import { RunCommandInput } from './run-command.dto.js';
import { RunCommand } from './run-command.js';
import { RunScriptInput } from './run-script.dto.js';
import { RunScript } from './run-script.js';
import { ServiceStatus, ServiceStatusInput } from './service-status.js';
import { SshScriptRunner } from './ssh-script-runner.js';
import { SystemInfo, SystemInfoInput } from './system-info.js';

const JOURNALD = '/lib/systemd/systemd-journald';

describeOnLab(missingForLab())('tools on real hosts', () => {
  let lab: Lab;
  let client: LabClient;
  beforeAll(async () => {
    lab = await startLab(['web-1', 'jump']);
    client = new LabClient(lab, new SshClient());
  });
  afterAll(async () => {
    client.ssh.pool.close();
    await lab.stop();
  });

  const target = { target_host: 'web-1' };
  /** All that leaves an attempt. */
  interface Told { readonly progress: string[]; output: unknown; failure: ToolFailure | undefined }
  function call<I extends object>(input: I, { credential, ...more }: Partial<Omit<ToolContext, 'credential'>> & { credential?: Credential } = {}): ToolCall<I> {
    const login = () => Promise.resolve(credential ?? client.user('ops'));
    return { input, context: fakeToolContext({ deadline: performance.now() + 25_000, connection: client.connection(lab.host('web-1')), credential: login, ...more }) };
  }
  async function told(run: (progress: ToolContext['progress']) => Promise<unknown>): Promise<Told> {
    const all: Told = { progress: [], output: undefined, failure: undefined };
    try {
      all.output = await run(({ message }) => { all.progress.push(message ?? ''); });
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      all.failure = error;
    }
    return all;
  }
  const runCommand = (given: Partial<RunCommandInput>, more: Parameters<typeof call>[1] = {}) => told((progress) => new RunCommand(client.ssh).run(call(validate(RunCommandInput, { ...target, command: 'true', ...given }), { progress, ...more })));
  const runScript = (given: Partial<RunScriptInput>, more: Parameters<typeof call>[1] = {}) => told((progress) => new RunScript([new SshScriptRunner(client.ssh)]).run(call(validate(RunScriptInput, { ...target, script: 'true', ...given }), { progress, ...more })));

  describe('typed tools', () => {
    it('process-list sees the processes of the host', async () => {
      const { processes } = await new ProcessList(client.ssh).run(call(validate(ProcessListInput, { ...target, commandLines: true })));
      expect(processes).toContainEqual(expect.objectContaining({ user: 'root', name: 'sshd', commandLine: expect.stringContaining('sshd: ops') as string }));
      expect(Date.now() - Date.parse(processes.find((p) => p.name === 'ps')!.startedAt)).toBeLessThan(30_000);
    });

    it('process-list keeps the names of processes and users as they are', async () => {
      const user = 'DOM\\john doe';
      await lab.host('web-1').sh(`echo '${user}:x:61099:61099::/:/bin/sh' >>/etc/passwd; cp /bin/sleep '/tmp/wörker'; setpriv --reuid 61099 --clear-groups '/tmp/wörker' 7402 >/dev/null 2>&1 &`);
      await waitFor(async () => (await lab.host('web-1').processes()).some(({ command }) => / 7402$/.test(command) && !command.includes('setpriv')), { what: 'the program to run' });
      const { processes } = await new ProcessList(client.ssh).run(call(validate(ProcessListInput, { ...target, user, commandLines: true })));
      expect(processes).toMatchObject([{ user, name: 'wörker', commandLine: '/tmp/wörker 7402' }]);
    });

    it('system-info and disk-usage', async () => {
      const info = await new SystemInfo(client.ssh).run(call(validate(SystemInfoInput, target)));
      expect(info).toMatchObject({ hostname: 'web-1', architecture: expect.any(String) as string });
      expect(info.memoryAvailableBytes).toBeLessThan(info.memoryBytes);
      expect(Math.abs(Date.parse(info.time) - Date.now())).toBeLessThan(30_000);
      expect(await new DiskUsage(client.ssh).run(call(validate(DiskUsageInput, { ...target, path: '/tmp' })))).toMatchObject({ filesystem: 'tmpfs', mount: '/tmp' });
    });

    it('log-search reads a file only root may read, by sudo', async () => {
      await lab.host('web-1').sh('printf "one\\ntwo ERROR\\nthree\\n" >/tmp/secret.log; chmod 600 /tmp/secret.log');
      const search = (more: object) => new LogSearch(client.ssh).run(call(validate(LogSearchInput, { ...target, path: '/tmp/secret.log', pattern: 'error', ignoreCase: true, ...more })));
      await expect(search({})).rejects.toMatchObject({ failure: { code: 'target-refused', cause: expect.stringContaining('Permission denied') as string } });
      expect(await search({ sudo: true })).toMatchObject({ entries: [{ line: 2, text: 'two ERROR' }], truncated: false });
    });

    it('log-search tells a folder that may not be entered from a file that is not there', async () => {
      await lab.host('web-1').sh('mkdir -m 700 /tmp/closed; echo one >/tmp/closed/log');
      const search = (path: string, more: object = {}) => new LogSearch(client.ssh).run(call(validate(LogSearchInput, { ...target, path, ...more })));
      await expect(search('/tmp/closed/log')).rejects.toMatchObject({ failure: { code: 'target-refused', cause: expect.stringContaining('Permission denied') as string } });
      await expect(search('/tmp/nowhere')).rejects.toMatchObject({ failure: { code: 'not-found' } });
      await expect(search('/tmp/closed/nowhere', { sudo: true })).rejects.toMatchObject({ failure: { code: 'not-found' } });
      expect(await search('/tmp/closed/log', { sudo: true })).toMatchObject({ entries: [{ line: 1, text: 'one' }] });
    });

    (existsSync(JOURNALD) ? describe : describe.skip)('log-search in a journal', () => {
      const search = (more: object = {}) => new LogSearch(client.ssh).run(call(validate(LogSearchInput, { ...target, pattern: 'of the spec', ...more })));
      beforeAll(async () => {
        await expect(search({ sudo: true })).rejects.toMatchObject({ failure: { code: 'capability-missing', message: 'web-1 keeps no systemd journal' } });
        await lab.host('web-1').sh(`mount -t tmpfs tmpfs /var/log/journal; mkdir -p /run/systemd/journal /run/log/journal; ${JOURNALD} >/dev/null 2>&1 &`);
        await lab.host('web-1').sh(`until [ -S /run/systemd/journal/stdout ]; do sleep 0.1; done
          { printf 'first of the spec\n'; printf 'second of the spec %010000d\n' 0; printf 'third of the spec \\377\n'; } | systemd-cat -t lab -p warning
          until [ "$(journalctl -t lab -o cat | wc -l)" -eq 3 ]; do sleep 0.1; done`);
      });

      it('gives texts of any length, and bytes that are none', async () => {
        const { entries } = await search({ sudo: true });
        expect(entries).toMatchObject([{ text: 'first of the spec', identifier: 'lab', priority: 4, pid: expect.any(Number) as number }, { text: expect.stringMatching(/^second of the spec 0+$/) as string }, { text: 'third of the spec \uFFFD' }]);
        expect(entries[1]!.text).toHaveLength(8192);
      });

      it('an expression that is none is one of the input', async () => {
        await expect(search({ sudo: true, match: 'regex', pattern: '(' })).rejects.toMatchObject({ failure: { code: 'input-invalid', cause: expect.stringContaining('Bad pattern') as string } });
      });

      it.each([['may not be read', 'chmod 755 /run/log/journal/*; chmod 640 /run/log/journal/*/*'], ['is in a folder that may not be read', 'chmod 750 /run/log/journal/*']])('one that %s is a failure, never no entries', async (_what, rights) => {
        await lab.host('web-1').sh(rights);
        await expect(search()).rejects.toMatchObject({ failure: { code: 'target-refused', message: expect.stringContaining('may not read the system journal of web-1') as string } });
        expect((await search({ sudo: true })).entries).toHaveLength(3);
      });
    });

    it('say that a host has no systemd', async () => {
      const missing = { failure: { code: 'capability-missing', message: expect.stringContaining('systemd') as string } };
      await expect(new ServiceStatus(client.ssh).run(call(validate(ServiceStatusInput, { ...target, service: 'ssh' })))).rejects.toMatchObject(missing);
      await expect(new RestartService(client.ssh).run(call(validate(RestartServiceInput, { ...target, service: 'ssh' })))).rejects.toMatchObject(missing);
    });
  });

  describe('run-script', () => {
    const leftovers = () => lab.host('web-1').sh('find /tmp -name "opsmesh-*" | wc -l');

    it('runs as another user from a folder that only that one can enter', async () => {
      const { output } = await runScript({ script: 'id -un; stat -c "%a %U" "${0%/*}"; stat -c "%a %U" "$0"', interpreter: 'bash', sudo: { user: 'app' } });
      expect(output).toMatchObject({ stdout: 'app\n700 app\n600 app\n', removed: true });
      expect(await leftovers()).toBe('0\n');
    });

    it('behind a jump host', async () => {
      const connection = { ...client.connection(lab.host('web-1')), assetId: 'behind', via: [client.connection(lab.host('jump'))] };
      expect((await runScript({ script: 'echo "${SSH_CONNECTION%% *}"' }, { connection })).output).toMatchObject({ stdout: `${lab.host('jump').address}\n`, removed: true });
    });

    it.each([['as it is', undefined], ['as root', true]])('that sleeps is stopped and removed when its time is over (%s)', async (_how, sudo) => {
      const { failure } = await runScript({ script: 'echo on; sleep 7401', ...(sudo === undefined ? {} : { sudo }) }, { deadline: performance.now() + 6000 });
      expect(failure?.failure).toMatchObject({ code: 'timed-out', message: expect.stringContaining('its processes were stopped') as string });
      expect(failure?.output).toMatchObject({ stdout: 'on\n', removed: true });
      expect((await lab.host('web-1').processes()).filter((p) => p.command.includes('7401'))).toEqual([]);
      expect(await leftovers()).toBe('0\n');
    });
  });

  describe('hostile values are text, or refused', () => {
    const canary = '/tmp/canary';
    const HOSTILE = [`$(touch ${canary})`, `\`touch ${canary}\``, `'; touch ${canary}; '`, `"; touch ${canary}; "`, `a\ntouch ${canary}`, `-oProxyCommand=touch ${canary}`, '--', '-rf', '\'\u2018\u2019\u201A\u201B', '%PATH%', `\\'; touch ${canary}`, '*'];
    afterAll(async () => {
      expect(await lab.host('web-1').sh(`ls ${canary} 2>/dev/null || echo none`)).toBe('none\n');
      expect(existsSync(canary)).toBe(false);
      expect(readdirSync(process.cwd())).not.toContain('canary');
    });

    it('in arguments, environment and stdin', async () => {
      const { output } = await runScript({ script: 'printf "%s\\0" "$@"; printf "%s\\0" "$V"; cat', args: HOSTILE, env: { V: HOSTILE.join() }, stdin: HOSTILE.join() });
      expect(output).toMatchObject({ stdout: [...HOSTILE, HOSTILE.join(), HOSTILE.join()].join('\0') });
    });

    it.each(HOSTILE)('as a folder, a path, a pattern: %j', async (value) => {
      expect((await runCommand({ command: 'echo here', cwd: `nowhere/${value}` })).failure?.failure.code).toBe('not-found');
      await expect(new DiskUsage(client.ssh).run(call(validate(DiskUsageInput, { ...target, path: `/nowhere/${value}` })))).rejects.toMatchObject({ failure: { code: 'not-found' } });
      if (!value.includes('\n')) expect(await new LogSearch(client.ssh).run(call(validate(LogSearchInput, { ...target, path: '/etc/passwd', pattern: value === '--' ? '--nothing' : value })))).toMatchObject({ entries: [] });
    });

    it.each([...HOSTILE, `-oProxyCommand=touch ${canary}`, 'a\0b', '::zz', ''])('as an address or a user: %j', async (value) => {
      const connection = { ...client.connection(lab.host('web-1')), assetId: `hostile ${value}`, address: value };
      expect((await runCommand({}, { connection })).failure?.failure.code).toMatch(/^(unreachable|hostkey-mismatch)$/);
      const via = [{ ...client.connection(lab.host('jump')), assetId: `hop ${value}`, address: value }];
      expect((await runCommand({}, { connection: { ...connection, address: lab.host('web-1').address, via } })).failure?.failure.code).toMatch(/^(unreachable|hostkey-mismatch)$/);
      expect((await runCommand({}, { credential: { kind: 'ssh', username: value, password: 'x' } })).failure?.failure.code).toMatch(/^(unreachable|auth-failed)$/);
      expect(() => validate(RunCommandInput, { ...target, command: 'true', sudo: { user: value } })).toThrow();
    });

    it.each([{ command: 'a\0b' }, { env: { V: 'a\0b' } }, { cwd: 'a\0b' }])('with a NUL: %j', async (given) => expect((await runCommand(given)).failure?.failure.code).toBe('input-invalid'));
  });

  describe('secrets leave in no output, event or error', () => {
    const bytes = (b: Buffer) => `printf '${[...b].map((x) => `\\${x.toString(8).padStart(3, '0')}`).join('')}'`;

    it('whatever form they are printed in', async () => {
      const { password, privateKey } = lab;
      const credential: Credential = { kind: 'ssh', username: 'ops', password, privateKey, sudoPassword: 'canary-for-sudo' };
      const half = password.length >> 1;
      const command = [
        bytes(Buffer.from(password)), 'echo', `${bytes(Buffer.from(password.slice(0, half)))}; sleep 0.3; ${bytes(Buffer.from(password.slice(half)))}`, 'echo', bytes(Buffer.from(Buffer.from(`user:${password}`).toString('base64'))), 'echo',
        bytes(Buffer.from(password, 'utf16le')), 'echo', bytes(Buffer.from(encodeURIComponent(password))), 'echo', 'cat', 'echo canary-for-sudo', `${bytes(Buffer.from(password))} >&2`, 'exit 3',
      ].join('; ');
      for (const run of [runCommand({ command, stdin: privateKey }, { credential }), runScript({ script: command.replaceAll('; ', '\n'), stdin: privateKey }, { credential })]) {
        const all = await run;
        const text = JSON.stringify([all.progress, all.failure?.failure, all.failure?.output, all.output, all.failure?.stack]);
        expect(all.failure?.failure.code).toBe('nonzero-exit');
        expect(all.progress.join('')).toContain('[redacted]');
        const key = privateKey.split('\n').filter((l) => l.length > 16 && !l.startsWith('-----'));
        const utf16 = JSON.stringify(Buffer.from(password, 'utf16le').toString('latin1')).slice(1, -1);
        for (const secret of [password, Buffer.from(password).toString('base64').slice(4, -4), utf16, encodeURIComponent(password), 'canary-for-sudo', ...key]) expect(text).not.toContain(secret);
        // Of a secret that is split neither half may come through in its own event.
        expect(text).not.toContain(password.slice(half));
      }
    });

    it('not when sudo repeats what it was told, on a terminal or without', async () => {
      for (const pty of [true, false]) {
        const all = await runCommand({ command: 'timeout 1 cat </dev/tty; id -un', sudo: true, pty });
        expect(JSON.stringify(all)).not.toContain(lab.password);
      }
      const refused = await runCommand({ sudo: true }, { credential: { ...client.user('ops'), sudoPassword: 'wrong-canary' } });
      expect(JSON.stringify([refused, refused.failure?.failure, refused.failure?.stack])).not.toContain('wrong-canary');
      expect(refused.failure?.failure.code).toBe('auth-failed');
    });

    it('not in the processes of the host', async () => {
      const sleeping = runCommand({ command: 'echo on; sleep 2', sudo: true, env: { HUSH: 'argv-canary' } });
      const seen: string[] = [];
      const watch = setInterval(() => { void lab.host('web-1').processes().then((all) => seen.push(...all.map((p) => p.command))); }, 100);
      await sleeping;
      clearInterval(watch);
      expect(seen.some((c) => c.includes('sudo -S'))).toBe(true);
      expect(seen.join('\n')).not.toMatch(new RegExp(`argv-canary|${lab.password}`));
    });
  });
});
