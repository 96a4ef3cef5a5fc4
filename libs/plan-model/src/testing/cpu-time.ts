interface CpuUsage { readonly user: number; readonly system: number }

/**
 * Time that this process has computed while `work` ran, in milliseconds: what other processes do does not count. For specs.
 * @param cpuUsage `process.cpuUsage`, which gives microseconds
 */
export function cpuTimeOf(cpuUsage: () => CpuUsage, work: () => void): number {
  const before = cpuUsage();
  work();
  const after = cpuUsage();
  return (after.user - before.user + after.system - before.system) / 1000;
}
