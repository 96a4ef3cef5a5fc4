import { ToolFailure, type ConnectionDto } from '@opsmesh/contracts';
import { WinRmError, type RunOptions, type RunResult, type ShellOptions, type WinRmClient, type WinRmErrorCode } from '@opsmesh/winrm';
import { PowerShellClient, type PowerShellClientOptions, type PowerShellRequest } from './powershell-client.js';

const PASSWORD = 'pa55word-canary';
const CONNECTION: ConnectionDto = { assetId: 'a1', hostname: 'WIN-01', address: '10.0.0.5', protocol: 'winrm', port: 5986, credentialId: 'c1' };
const printed = { stdout: '', stderr: '', truncated: false, stdoutBytes: 0, stderrBytes: 0 };
const exited = (exitCode = 0): RunResult => ({ kind: 'exited', exitCode, ...printed });
const failed = (code: WinRmErrorCode, stop: 'not-started' | 'confirmed' | 'not-confirmed'): RunResult => ({ kind: 'failed', error: new WinRmError(code, `${code} ${PASSWORD}`), stop, ...printed });

/** A host as a spec wants it; what is left out works. */
interface FakeHost {
  connect?(): void;
  openShell?(options: ShellOptions): void | Promise<void>;
  run?(options: RunOptions): RunResult | Promise<RunResult>;
  close?(): Promise<void>;
}

class Fake {
  readonly log: string[] = [];
  shells = 0;
  mostShells = 0;
  readonly client: PowerShellClient;

  constructor(host: FakeHost = {}, options: PowerShellClientOptions = {}) {
    const client: WinRmClient = {
      run: () => Promise.reject(new Error('not used')),
      connect: async () => {
        this.log.push('connect');
        host.connect?.();
        await Promise.resolve();
        return {
          host: 'fake', isOpen: true, close: () => Promise.resolve(),
          openShell: async (shell = {}) => {
            this.log.push('open');
            await host.openShell?.(shell);
            this.mostShells = Math.max(this.mostShells, ++this.shells);
            return {
              id: 's', isOpen: true,
              run: async (run: RunOptions) => { this.log.push('run'); return await host.run?.(run) ?? exited(); },
              close: async () => { this.log.push('close'); await host.close?.(); this.shells--; return true; },
            };
          },
        };
      },
    };
    this.client = new PowerShellClient({ client, ...options });
  }

  run(more: Partial<PowerShellRequest> = {}) {
    return this.client.run({
      tenantId: 't', connection: CONNECTION, credential: { kind: 'winrm', username: 'ops', password: PASSWORD }, run: { script: 'x', deliver: 'auto' }, maxOutputBytes: 1000,
      deadline: performance.now() + 5000, signal: new AbortController().signal, stdout: 'text', beforeStart: () => { this.log.push('grant'); }, ...more,
    });
  }
}

it('takes the grant as the last thing before the script, and deletes the shell', async () => {
  const fake = new Fake();
  expect(await fake.run()).toEqual({ kind: 'ok', output: { stdout: '', stderr: '', truncated: false } });
  expect(fake.log).toEqual(['connect', 'open', 'grant', 'run', 'close']);
});

it('an expired grant sends no script, and leaves no shell', async () => {
  const fake = new Fake();
  await expect(fake.run({ beforeStart: () => { throw new ToolFailure('grant-refused', 'expired'); } })).rejects.toThrow('expired');
  expect(fake.log).toEqual(['connect', 'open', 'close']);
});

it.each(['connection-lost', 'shell-stale', 'fault', 'protocol'] as const)('a script that was sent is never sent again: %s', async (code) => {
  const fake = new Fake({ run: () => failed(code, 'not-confirmed') });
  expect((await fake.run()).kind).toBe('connection-lost');
  expect(fake.log.filter((l) => l === 'run')).toHaveLength(1);
});

it('a kept connection that has died is replaced, and the script sent once', async () => {
  let dead = false;
  const fake = new Fake({ openShell: () => { if (dead) { dead = false; throw new WinRmError('connection-lost', 'gone'); } } });
  await fake.run();
  dead = true;
  fake.log.length = 0;
  expect((await fake.run()).kind).toBe('ok');
  expect(fake.log.filter((l) => l === 'run')).toHaveLength(1);
});

it('a fresh connection that is lost before the script is unreachable, without another try', async () => {
  const fake = new Fake({ openShell: () => { throw new WinRmError('connection-lost', 'gone'); } });
  expect(await fake.run()).toEqual({ kind: 'unreachable', detail: 'gone' });
  expect(fake.log).toEqual(['connect', 'open']);
});

it('a host that does not answer the deletion of a shell keeps no result back, and gets its connection back never before', async () => {
  const fake = new Fake({ close: () => new Promise(() => undefined) });
  expect((await fake.run()).kind).toBe('ok');
  expect(fake.client.pool.size).toBe(0);
});

it('a full shell quota is waited for', async () => {
  let full = 3;
  const fake = new Fake({ openShell: () => { if (full-- > 0) throw new WinRmError('quota', 'full'); } });
  expect((await fake.run()).kind).toBe('ok');
  expect(fake.log.filter((l) => l === 'open')).toHaveLength(4);
});

it('a quota that stays full is waited for until the deadline, and nothing was started', async () => {
  const fake = new Fake({ openShell: () => { throw new WinRmError('quota', 'full'); } });
  expect(await fake.run({ deadline: performance.now() + 80 })).toMatchObject({ kind: 'timed-out', deadline: 'waiting', stop: { state: 'nothing-started' } });
  expect(fake.log).not.toContain('run');
});

it('at most as many shells as allowed are open on a host, and all scripts run', async () => {
  const fake = new Fake({ run: async () => { await new Promise((ok) => setImmediate(ok)); return exited(); } }, { limits: { global: 100, handshakes: 8, channels: 25 } });
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => fake.run()));
  expect(outcomes.every((o) => o.kind === 'ok')).toBe(true);
  expect(fake.mostShells).toBe(25);
});

it.each<[WinRmErrorCode, string]>([['auth-failed', 'auth-failed'], ['tls-untrusted', 'hostkey-mismatch'], ['unreachable', 'unreachable']])('%s is the outcome %s, without another try', async (code, kind) => {
  const fake = new Fake({ connect: () => { throw new WinRmError(code, `no ${PASSWORD}`); } });
  expect(await fake.run()).toEqual({ kind, detail: 'no [redacted]' });
  expect(fake.log).toEqual(['connect']);
});

it('a cancelled script tells whether it was stopped', async () => {
  const cancel = new AbortController();
  const fake = new Fake({ run: ({ signal }) => new Promise((ok) => { signal!.addEventListener('abort', () => ok(failed('cancelled', 'confirmed'))); cancel.abort(new ToolFailure('cancelled', 'stop')); }) });
  expect(await fake.run({ signal: cancel.signal })).toMatchObject({ kind: 'cancelled', stop: { state: 'confirmed' } });
});

it.each<[string, Partial<PowerShellRequest>]>([
  ['the deadline passed', { deadline: performance.now() }], ['the attempt timed out', { signal: AbortSignal.abort(new ToolFailure('timed-out', 'x')) }],
])('nothing is sent when %s', async (_what, more) => {
  const fake = new Fake();
  expect(await fake.run(more)).toMatchObject({ kind: 'timed-out', deadline: 'waiting', stop: { state: 'nothing-started' } });
  expect(fake.log).not.toContain('run');
});

it('a script that can not be sent is a bad input', async () => {
  const fake = new Fake({ run: () => { throw new RangeError('a script may not hold NUL'); } });
  await expect(fake.run()).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
});

it('secrets are masked in output, also across pieces and in what is told live', async () => {
  const told: string[] = [];
  const fake = new Fake({ run: async ({ onStdoutBytes, onStderr }) => {
    for (const piece of ['a ', PASSWORD.slice(0, 5), PASSWORD.slice(5), ' b']) await onStdoutBytes!(Buffer.from(piece));
    await onStderr!(Buffer.from(PASSWORD, 'utf16le').toString('base64'));
    return exited(3);
  } });
  const outcome = await fake.run({ onOutput: (_stream, text) => { told.push(text); } });
  expect(outcome).toEqual({ kind: 'nonzero', exitCode: 3, output: { stdout: 'a [redacted] b', stderr: expect.stringContaining('[redacted]') as string, truncated: false } });
  expect(told.join('')).not.toContain('canary');
});

it('what the host cut in the middle of a secret does not tell its beginning', async () => {
  const fake = new Fake({ run: async ({ onStdoutBytes }) => { await onStdoutBytes!(Buffer.from(`a ${PASSWORD.slice(0, 9)}`)); return { ...exited(), truncated: true }; } });
  expect(await fake.run()).toMatchObject({ output: { stdout: 'a ', truncated: true } });
});
