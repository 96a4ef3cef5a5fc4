import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What figures depend on. */
export function machine() {
  return { cpu: cpus()[0]?.model.trim(), cores: availableParallelism(), memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release(), node: process.version, load1: Number(loadavg()[0].toFixed(2)) };
}

/** CPU time, user and system, that a process and its children, also those that have ended, have used so far, in microseconds (measured in ticks of 10 ms). */
export function cpuOf(pid) {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && stat(name)?.[1] === String(pid));
  // Of the process itself with utime, stime, cutime and cstime (proc(5)).
  return [String(pid), ...children].reduce((sum, p) => sum + (stat(p)?.slice(11, p === String(pid) ? 15 : 13).reduce((a, b) => a + Number(b), 0) ?? 0), 0) * 10_000;
}

/** The fields of /proc/pid/stat after the name: state, parent, ... */
function stat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  } catch {
    return undefined;
  }
}

/** Resident memory of a process in MiB: now, and at its highest. */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (key) => Math.round(Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024);
  return { rssMb: mib('VmRSS'), peakMb: mib('VmHWM') };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
