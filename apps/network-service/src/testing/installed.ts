import { existsSync } from 'node:fs';

/** `describe` where the program is installed; elsewhere a skipped block whose name says so, and a warning. */
export function describeWith(path: string): typeof describe | typeof describe.skip {
  if (existsSync(path)) return describe;
  process.stderr.write(`\nSKIPPED: ${path} is not installed, so its specs did not run\n`);
  return describe.skip;
}
