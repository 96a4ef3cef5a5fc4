import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import type { JsonObject } from './plan.js';

/** Names under which people and models write secrets. */
const SECRET = /^(password|passwd|pwd|passphrase|secret|client_?secret|api_?key|access_?key|secret_?key|private_?key|ssh_?key|auth_?token|access_?token|token|bearer|credentials?)$/i;
/** Not secret by themselves, but part of a log-in. */
const LOGIN = /^(user|username|user_?name|login)$/i;

/**
 * Leaves out what looks like a credential, with a warning: credentials come from the asset store, bound to the target.
 * A log-in name stays where the tool declares such an input; a secret never does.
 */
export function dropCredentials(values: JsonObject, { pointer, declared, findings }: { pointer: string; declared: (name: string) => boolean; findings: Findings }): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(values)) {
    if (SECRET.test(key) || (LOGIN.test(key) && !declared(key))) {
      const path = `${pointer}/${pointerOf(key)}`;
      findings.warning('credential-dropped', path, `"${key}" was left out: credentials come from the asset store and are bound to the target`, [{ op: 'remove', path }]);
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      kept[key] = dropCredentials(value, { pointer: `${pointer}/${pointerOf(key)}`, declared: () => true, findings });
    } else kept[key] = value;
  }
  return kept;
}
