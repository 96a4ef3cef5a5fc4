import { ToolFailure } from '@opsmesh/contracts';
import { newNonce } from '../ssh/remote-program.js';
import { word, type TargetOutcome } from './run-on-target.js';

/** A script that begins in a folder. */
export interface ScriptInFolder {
  readonly script: string;
  /** @throws ToolFailure `not-found` when the folder could not be entered, so nothing of the caller's was run */
  readonly requireEntered: (ran: TargetOutcome) => void;
}

/**
 * Has a script run in a folder: absolute, or relative to the home folder. That the folder can't be entered is told by a text that no command can foresee;
 * an exit code could be the command's own.
 * @throws ToolFailure `input-invalid`
 */
export function inFolder(script: string, cwd: string | undefined): ScriptInFolder {
  if (cwd === undefined) return { script, requireEntered: () => undefined };
  const mark = `opsmesh-no-folder-${newNonce()}`;
  return {
    script: `cd ${word('cwd', cwd.startsWith('/') ? cwd : `./${cwd}`)} || { echo ${mark} >&2; exit 2; }; ${script}`,
    requireEntered: ({ host, outcome }) => {
      if (outcome.kind !== 'nonzero') return;
      // With a terminal stderr comes with stdout.
      const said = [outcome.output.stderr, outcome.output.stdout].find((text) => text.includes(mark));
      if (said !== undefined) throw new ToolFailure('not-found', `${host} has no folder ${cwd} that this user may enter; the command was not run`, { cause: said.slice(0, said.indexOf(mark)).trim().slice(0, 500), output: { host } });
    },
  };
}
