import { ToolFailure } from '@opsmesh/contracts';
import { EXEC_VARIABLE } from '../ssh/remote-program.js';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_CHARACTERS = 65_536;
/** What the dialogue with a host's shell uses itself (../ssh/remote-program): a command is found by it when it is stopped. */
const OURS = new RegExp(`^(?:${EXEC_VARIABLE}|opsmesh_.*)$`);

/**
 * The environment variables of an input, checked.
 * @throws ToolFailure `input-invalid`; values are not repeated, they may be secrets.
 */
export function checkedEnv(env: Record<string, unknown> | undefined): Record<string, string> | undefined {
  if (env === undefined) return undefined;
  const checked: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of Object.entries(env)) {
    if (!VARIABLE.test(name) || typeof value !== 'string') throw new ToolFailure('input-invalid', `env: ${JSON.stringify(name.slice(0, 64))} is no variable with a text`);
    if (OURS.test(name)) throw new ToolFailure('input-invalid', `env: ${JSON.stringify(name.slice(0, 64))} is used by opsmesh itself`);
    size += name.length + value.length;
    checked[name] = value;
  }
  if (size > MAX_CHARACTERS) throw new ToolFailure('limit-exceeded', `env is longer than ${MAX_CHARACTERS} characters`);
  return checked;
}
