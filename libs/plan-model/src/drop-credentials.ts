import { isLoginName, isSecretName, type DiagnosticDto } from '@opsmesh/contracts';
import { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import type { Json, JsonObject } from './plan.js';

/**
 * Leaves out what looks like a credential, with a warning: credentials come from the asset store, bound to the target.
 * A log-in name stays where the tool declares such an input, and below the first level; a secret never does.
 */
export function dropCredentials(values: JsonObject, { pointer, declared, findings }: { pointer: string; declared: (name: string) => boolean; findings: Findings }): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(values)) {
    const path = `${pointer}/${pointerOf(key)}`;
    if (isSecretName(key) || (isLoginName(key) && !declared(key))) tellDropped(key, path, findings);
    else kept[key] = dropInside(value, path, findings);
  }
  return kept;
}

/** The same for values that a run is given: what is left, and a warning for each that was left out. */
export function withoutCredentials(values: JsonObject, pointer: string): { readonly values: JsonObject; readonly diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  return { values: dropCredentials(values, { pointer, declared: () => true, findings }), diagnostics: findings.all };
}

function dropInside(value: Json, pointer: string, findings: Findings): Json {
  if (Array.isArray(value)) return value.map((v, i) => dropInside(v, `${pointer}/${i}`, findings));
  return typeof value === 'object' && value !== null ? dropCredentials(value, { pointer, declared: () => true, findings }) : value;
}

/** The warning of requirement A4. The value is not repeated. */
export function tellDropped(key: string, path: string, findings: Findings): void {
  findings.warning('credential-dropped', path, `"${key.slice(0, 64)}" was left out: credentials come from the asset store and are bound to the target`, [{ op: 'remove', path }]);
}
