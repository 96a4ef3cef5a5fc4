import { ToolFailure } from '@opsmesh/contracts';
import type { Answer } from './run-on-target.js';

/** Exit code of our scripts when there is no such file. */
export const NO_FILE = 94;
/** Exit code of our scripts when there is something that the user may not read. */
export const NO_ACCESS = 95;

/**
 * Ends a script with {@link NO_FILE} or {@link NO_ACCESS} when its user can't come to the path, and with ls's words on stderr; else the script goes on.
 * A folder that may not be entered looks to the shell like one in which there is no such file, so ls is asked. `path` is a word of the shell.
 */
export function endUnlessReached(path: string): string {
  return `said=$(ls -dL -- ${path} 2>&1 >/dev/null) || case $said in
*"Permission denied"*) printf "%s\\n" "$said" >&2; exit ${NO_ACCESS};;
*"No such file"* | *"Not a directory"*) exit ${NO_FILE};;
esac`;
}

/** @throws ToolFailure `not-found` or `target-refused` for the two exit codes: neither gets better when it is asked again */
export function requirePath(path: string, { host, exitCode, stderr }: Answer): void {
  if (exitCode === NO_FILE) throw new ToolFailure('not-found', `${host} has no file ${path}`);
  if (exitCode === NO_ACCESS) throw new ToolFailure('target-refused', `${host} does not let this user read ${path}`, { cause: stderr.trim().slice(0, 500), output: { host } });
}
