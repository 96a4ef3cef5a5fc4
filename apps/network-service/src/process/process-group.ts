import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Time between two looks at a group that is being stopped, in milliseconds: the kernel tells nobody when a group's last member is gone. */
const POLL_MS = 20;
/** Time SIGKILL may take, in milliseconds; a member in an uninterruptible wait can outlive it. */
const KILL_MS = 2000;

/**
 * Ends every process of a group: SIGTERM, then SIGKILL after `graceMs`.
 * @returns whether the group is known to be gone
 */
export async function stopGroup(pgid: number, graceMs: number): Promise<boolean> {
  signalGroup(pgid, 'SIGTERM');
  if (await gone(pgid, graceMs)) return true;
  signalGroup(pgid, 'SIGKILL');
  return gone(pgid, KILL_MS);
}

/** Whether a group has a member that is more than a zombie; a zombie runs nothing, and only its parent can remove it. */
export async function groupIsAlive(pgid: number): Promise<boolean> {
  if (!groupExists(pgid)) return false;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.some((stat) => {
    // proc(5): "pid (comm) state ppid pgrp ..."; comm may hold spaces and parentheses, so the last ')' counts.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === pgid && state !== 'Z' && state !== 'X';
  });
}

async function gone(pgid: number, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (await groupIsAlive(pgid)) {
    if (performance.now() >= end) return false;
    await delay(POLL_MS);
  }
  return true;
}

function groupExists(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pgid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
