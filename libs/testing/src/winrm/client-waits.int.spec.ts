import { getEventListeners } from 'node:events';
import { connectWinRm, type WinRmConnection } from '@opsmesh/winrm';
import { waitFor } from '../wait-for.js';
import { HostsUnderTest } from './client.fixture.js';
import type { SimulatedWindowsHost } from './windows-host.js';

// What libs/winrm leaves on a host, and keeps of a connection, when hosts, consumers or callers take their time.

const hosts = new HostsUnderTest([{ hostname: 'pc-slow', address: '127.0.2.66', maxShells: 3 }]);
const { login, run } = hosts;
let host: SimulatedWindowsHost;
beforeAll(() => { host = hosts.first; });

const created = (): number => host.counters.actions.create ?? 0;
const isEmpty = (): Promise<true> => waitFor(() => (host.openShells === 0 ? true : undefined), { what: 'the host to have no shell' });
/** A connection whose Create has reached the host, which takes its time to answer it. */
async function opening(delayMs: number, signal?: AbortSignal): Promise<{ connection: WinRmConnection; shell: Promise<unknown> }> {
  const connection = await connectWinRm(login());
  host.faults.delayMs = delayMs;
  const before = created();
  const shell = connection.openShell(signal ? { signal } : {}).catch((e: unknown) => e);
  await waitFor(() => (created() > before ? true : undefined), { what: 'Create to arrive' });
  return { connection, shell };
}

describe('a Create that nobody waits for any more', () => {
  it('of a caller who cancelled leaves no shell, and ends the connection', async () => {
    const cancel = new AbortController();
    const { connection, shell } = await opening(300, cancel.signal);
    cancel.abort();
    expect(await shell).toMatchObject({ code: 'cancelled' });
    expect(connection.isOpen).toBe(false);
    await expect(connection.openShell()).rejects.toMatchObject({ code: 'connection-lost' });
    await waitFor(() => ((host.counters.actions.delete ?? 0) > 0 ? true : undefined), { what: 'the shell to be deleted' });
    await isEmpty();
  });

  it('does not hold up its caller, whatever the host does', async () => {
    const cancel = new AbortController();
    host.faults.silentOn = ['create'];
    const { shell } = await opening(0, cancel.signal);
    cancel.abort();
    expect(await shell).toMatchObject({ code: 'cancelled' });
  });

  it('of a connection that was closed is cancelled, and leaves no shell when the close is done', async () => {
    const { connection, shell } = await opening(200);
    await connection.close();
    expect(await shell).toMatchObject({ code: 'cancelled' });
    expect(host.openShells).toBe(0);
  });

  it('uses up no quota', async () => {
    for (let i = 0; i < 4; i++) {
      const cancel = new AbortController();
      const { shell } = await opening(100, cancel.signal);
      cancel.abort();
      await shell;
    }
    delete host.faults.delayMs;
    await isEmpty();
    expect(await run({ command: 'hostname' })).toMatchObject({ kind: 'exited', exitCode: 0 });
  });
});

it('the total deadline covers the log-in and Create too', async () => {
  host.faults.silentOn = ['create'];
  expect(await run({ command: 'hostname', deadlineMs: 500 }, { operationTimeoutMs: 60_000 })).toMatchObject({ kind: 'failed', error: { code: 'timed-out', message: 'the run took longer than 500 ms' }, stop: 'not-started' });
});

describe('a host that is slow to forget a command that is done', () => {
  it('keeps no result back for over a second, and neither shell nor connection is lost by it', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    host.faults.delayMs = 1300;
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect([shell.isOpen, connection.isOpen]).toEqual([true, true]);
    delete host.faults.delayMs;
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'exited', exitCode: 0 });
    expect(await shell.close()).toBe(true);
    expect(host.openShells).toBe(0);
    await connection.close();
  });

  it('does not hold up a run whose time is over, and is waited for by the next', async () => {
    const connection = await connectWinRm(login());
    const shell = await connection.openShell();
    host.faults.delayMs = 1500;
    await shell.run({ command: 'hostname' });
    delete host.faults.delayMs;
    expect(await shell.run({ command: 'hostname', deadlineMs: 100 })).toMatchObject({ kind: 'failed', error: { code: 'timed-out' }, stop: 'not-started' });
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'exited', exitCode: 0 });
    await connection.close();
  });
});

describe('the idle limit', () => {
  it('does not run while the consumer is at work', async () => {
    const result = await run({ script: 'echo a; Start-Sleep -Milliseconds 20; echo b', idleMs: 600, onStdout: () => new Promise((later) => { setTimeout(later, 900); }) });
    expect(result).toMatchObject({ kind: 'exited', exitCode: 0, stdout: 'a\r\nb\r\n' });
  });

  it('begins anew with each piece of input that the host takes', async () => {
    host.faults.delayMs = 60;
    expect(await run({ command: 'more', stdin: Buffer.alloc(20 * 65_536, 'x'), idleMs: 700, maxOutputBytes: Infinity })).toMatchObject({ kind: 'exited' });
  });
});

describe('a connection', () => {
  it('opens one shell at a time, also while it is opening one', async () => {
    const connection = await connectWinRm(login());
    const first = connection.openShell();
    await expect(connection.openShell()).rejects.toThrow(TypeError);
    await (await first).close();
    await connection.close();
  });

  it('whose shell is being closed opens the next one after that', async () => {
    const connection = await connectWinRm(login());
    const first = await connection.openShell();
    host.faults.delayMs = 100;
    const closed = first.close();
    const second = await connection.openShell();
    expect([await closed, second.isOpen, host.openShells]).toEqual([true, true, 1]);
    await connection.close();
  });
});

it('input that needs a second log-in is told before the command when that fails', async () => {
  const connection = await connectWinRm(login());
  const shell = await connection.openShell();
  host.faults.refuseAuth = true;
  const before = host.commands.length;
  expect(await shell.run({ command: 'more', stdin: 'x' })).toMatchObject({ kind: 'failed', error: { code: 'auth-failed' }, stop: 'not-started' });
  expect(host.commands.length).toBe(before);
  delete host.faults.refuseAuth;
  await connection.close();
});

it('one signal may cancel any number of runs', async () => {
  const cancel = new AbortController();
  const runs = Array.from({ length: 3 }, () => run({ script: 'stay-silent', signal: cancel.signal }));
  await waitFor(() => (host.running.length === 3 ? true : undefined), { what: 'the scripts to run' });
  expect(getEventListeners(cancel.signal, 'abort')).toHaveLength(0);
  cancel.abort();
  for (const result of await Promise.all(runs)) expect(result).toMatchObject({ kind: 'failed', error: { code: 'cancelled' }, stop: 'confirmed' });
});
