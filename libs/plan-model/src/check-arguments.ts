import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { CatalogueTool } from './catalogue.js';
import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
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
  const errors = check.errors ?? [];
  const excuses = new Excuses(errors, references);
  const told = new Set<string>();
  for (const error of errors) {
    if (excuses.hold(error)) continue;
    const at = pointer + error.instancePath;
    // Branches of anyOf say the same place again and again; a missing and an unknown argument are each their own place.
    const { missingProperty, additionalProperty } = error.params as { missingProperty?: string; additionalProperty?: string };
    const place = `${at} ${missingProperty ?? additionalProperty ?? ''}`;
    if (!told.has(place)) report(tool, error, { at, inputs, findings });
    told.add(place);
  }
}

/** Keywords that choose among schemas, and all that judge a value by what is inside of it. */
const CHOICES: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'if', 'not']);
const JUDGES_INSIDE: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'if', 'not', 'enum', 'const', 'contains', 'uniqueItems']);

/** What can't be held against inputs because a reference stands there. */
class Excuses {
  /** Places of references, and whether each is a whole string. */
  private readonly places: ReadonlyMap<string, boolean>;
  /** Places inside of which a reference stands. */
  private readonly around = new Set<string>();
  /** Places with a choice (anyOf, ...) that was judged by a reference inside: what its branches say there means nothing. */
  private readonly choices = new Set<string>();

  constructor(errors: readonly ErrorObject[], references: readonly ReferencePlace[]) {
    this.places = new Map(references.map((r) => [r.pointer, r.whole]));
    for (const { pointer } of references) for (const place of placesAbove(pointer)) this.around.add(place);
    for (const { instancePath, keyword } of errors) if (CHOICES.has(keyword) && this.around.has(instancePath)) this.choices.add(instancePath);
  }

  hold({ instancePath, keyword }: ErrorObject): boolean {
    const whole = this.places.get(instancePath);
    // A text with references in it is a text whatever they give.
    if (whole !== undefined) return whole || keyword !== 'type';
    if (JUDGES_INSIDE.has(keyword) && this.around.has(instancePath)) return true;
    return this.choices.size > 0 && (this.choices.has(instancePath) || placesAbove(instancePath).some((p) => this.choices.has(p)));
  }
}

/** The places that hold a place, the whole among them. */
function placesAbove(pointer: string): string[] {
  const above: string[] = [];
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    above.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return above;
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
      const near = findings.nearest(name, () => known);
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
