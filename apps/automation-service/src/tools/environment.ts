import { ToolFailure } from '@opsmesh/contracts';

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_CHARACTERS = 65_536;

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
    size += name.length + value.length;
    checked[name] = value;
  }
  if (size > MAX_CHARACTERS) throw new ToolFailure('limit-exceeded', `env is longer than ${MAX_CHARACTERS} characters`);
  return checked;
}
