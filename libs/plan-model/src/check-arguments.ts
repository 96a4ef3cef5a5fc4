import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { CatalogueTool } from './catalogue.js';
import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import { nearestName } from './nearest-name.js';
import type { JsonObject } from './plan.js';

const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true, validateSchema: false }));
const compiled = new WeakMap<CatalogueTool, ValidateFunction>();

/** Where in the inputs a reference stands; `whole`: it is the whole string, so any type may come from it. */
export interface ReferencePlace {
  readonly pointer: string;
  readonly whole: boolean;
}

function validatorOf(tool: CatalogueTool): ValidateFunction {
  let check = compiled.get(tool);
  if (!check) {
    check = ajv.compile(tool.inputSchema);
    // The validator lives as long as its tool; Ajv's own cache would keep every schema that was ever registered.
    ajv.removeSchema(tool.inputSchema);
    compiled.set(tool, check);
  }
  return check;
}

/** Checks inputs against the tool's schema; what stands at or inside a reference is not known yet and not judged. */
export function checkArguments(tool: CatalogueTool, inputs: JsonObject, { pointer, references, findings }: { pointer: string; references: readonly ReferencePlace[]; findings: Findings }): void {
  const check = validatorOf(tool);
  if (check(inputs)) return;
  const told = new Set<string>();
  for (const error of check.errors ?? []) {
    if (excused(error, references)) continue;
    const at = pointer + error.instancePath;
    const key = `${error.keyword} ${at}`;
    // Branches of anyOf say the same place again and again.
    if (told.has(at) && error.keyword !== 'required' && error.keyword !== 'additionalProperties') continue;
    told.add(at);
    if (!told.has(key)) report(tool, error, { at, inputs, findings });
    told.add(key);
  }
}

/** Keywords that judge a value by what is inside of it. */
const JUDGES_INSIDE = new Set(['anyOf', 'oneOf', 'allOf', 'if', 'not', 'enum', 'const', 'contains', 'uniqueItems']);

function excused({ instancePath, keyword }: ErrorObject, references: readonly ReferencePlace[]): boolean {
  return references.some(({ pointer, whole }) =>
    // A text with references in it is a text whatever they give.
    (pointer === instancePath ? whole || keyword !== 'type' : JUDGES_INSIDE.has(keyword) && pointer.startsWith(`${instancePath}/`)));
}

function report(tool: CatalogueTool, error: ErrorObject, { at, inputs, findings }: { at: string; inputs: JsonObject; findings: Findings }): void {
  const { properties } = tool.inputSchema as { properties?: Record<string, unknown> };
  const known = error.instancePath === '' ? Object.keys(properties ?? {}) : [];
  switch (error.keyword) {
    case 'required': {
      const name = (error.params as { missingProperty: string }).missingProperty;
      findings.error('missing-argument', at, `"${tool.name}" needs "${name}"${error.instancePath === '' ? '' : ' here'}`);
      return;
    }
    case 'additionalProperties': {
      const name = (error.params as { additionalProperty: string }).additionalProperty;
      const near = nearestName(name, known);
      const path = `${at}/${pointerOf(name)}`;
      findings.error('unknown-argument', path, `"${tool.name}" has no input "${name.slice(0, 64)}"${near ? `; do you mean "${near}"?` : known.length > 0 ? `; it has ${known.join(', ')}` : ''}`, near && !Object.hasOwn(inputs, near) ? [{ op: 'remove', path }, { op: 'add', path: `${at}/${near}`, value: inputs[name] }] : [{ op: 'remove', path }]);
      return;
    }
    case 'format': {
      const { format } = error.params as { format: string };
      findings.error(/^(ipv[46]|ip|cidr|hostname)$/.test(format) ? 'bad-address' : 'wrong-type', at, `${error.message ?? 'does not fit'}`);
      return;
    }
    default: {
      const { allowedValues } = error.params as { allowedValues?: unknown[] };
      findings.error('wrong-type', at, `${error.message ?? 'does not fit'}${allowedValues ? `: ${allowedValues.join(', ')}` : ''}`);
    }
  }
}
