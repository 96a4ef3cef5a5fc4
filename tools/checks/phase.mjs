import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { signal as send } from '../processes/signals.mjs';
import { guard } from '../processes/watchdog.mjs';

/**
 * Runs one command with its output in a file, and ends all it started when it takes too long.
 * @param {string[]} command program and arguments
 * @param {{ cwd: string, env: Record<string, string>, log: string, timeoutMs: number, signal: AbortSignal }} how
 * @returns {Promise<string | undefined>} why it failed; undefined when it did not
 */
export async function runPhase([program, ...args], { cwd, env, log, timeoutMs, signal }) {
  const out = openSync(log, 'w');
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', out, out], detached: true });
  closeSync(out);
  const release = guard(child.pid, { signal: 'SIGTERM', stage: 0 });
  let why;
  const end = (reason) => {
    why ??= reason;
    send(-child.pid, 'SIGTERM');
    setTimeout(() => send(-child.pid, 'SIGKILL'), 5000).unref();
  };
  const timer = setTimeout(() => end(`took longer than ${timeoutMs / 60_000} minutes`), timeoutMs);
  const abort = () => end('stopped');
  signal.addEventListener('abort', abort);
  const [code, by] = await new Promise((ok) => child.once('exit', (...how) => ok(how)));
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  release();
  return why ?? (code === 0 ? undefined : by ?? `exit code ${code}`);
}
