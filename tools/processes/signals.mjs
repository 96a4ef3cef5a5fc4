// Processes by id: a pid alone may have been given to somebody else since, so it goes together with its start time.
import { readFileSync } from 'node:fs';
import { within } from './waiting.mjs';

/** When a process started, in clock ticks since boot (proc(5), field 22 of stat); undefined when it is gone or there is no /proc. */
export function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended already; only its parent has not looked yet.
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of that pid and start time still runs. Without a start time (no /proc) the pid alone decides.
 * @param {{ pid: number, started?: string }} process
 */
export function isAlive({ pid, started }) {
  if (started !== undefined) return startTime(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return e.code === 'EPERM';
  }
}

/** Sends a signal to a process, or to its whole group with `-pid`; one that is gone is no error. */
export function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (e) {
    if (e.code !== 'ESRCH') throw e;
  }
}

/**
 * Ends processes that lead their own groups: stage by stage (all of one at once), each asked by its signal and killed with its group after `graceMs`.
 * @param {{ pid: number, started?: string, signal: NodeJS.Signals, stage: number }[]} processes
 */
export async function endInStages(processes, graceMs) {
  for (const stage of [...new Set(processes.map((p) => p.stage))].sort()) {
    const now = processes.filter((p) => p.stage === stage);
    for (const p of now) if (isAlive(p)) signal(p.pid, p.signal);
    await within(graceMs, () => !now.some(isAlive));
    for (const p of now) if (isAlive(p)) signal(-p.pid, 'SIGKILL');
    await within(1000, () => !now.some(isAlive));
  }
}
