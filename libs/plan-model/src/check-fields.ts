import type { CatalogueTool } from './catalogue.js';
import type { DraftStep } from './compile.js';
import type { Findings } from './diagnostics.js';
import { nearestName } from './nearest-name.js';
import type { JsonObject } from './plan.js';
import { parseTemplate, type PathPart, type Reference } from './references.js';
import { listOf, placeOf, typesAt, UNKNOWN, walk, type Place, type Schema } from './schema-walk.js';
import { stepOf } from './scope.js';

/** What decides the shape of a step's output. */
export interface StepShape {
  readonly id: string;
  readonly tool: CatalogueTool | undefined;
  readonly forEach: string | null;
  readonly outputMapping: JsonObject | null;
}

/** Checks that referenced fields exist, that a fan-out runs over a list, and that types fit, as far as schemas tell. */
export function checkFields({ step, forEach, references }: DraftStep, { shapes, tool, at, findings }: { shapes: readonly StepShape[]; tool: CatalogueTool | undefined; at: string; findings: Findings }): void {
  const list = forEach === null ? UNKNOWN : placeOfReference(referenceIn(forEach), shapes, UNKNOWN);
  if (forEach !== null && parseTemplate(forEach).kind !== 'reference') findings.error('not-a-list', `${step.pointer}/forEach`, 'must be one reference to a list');
  const types = typesAt(list);
  if (types && !types.includes('array')) findings.error('not-a-list', `${step.pointer}/forEach`, `<<${referenceIn(forEach!)?.text}>> is ${types.join(' or ')}, not a list`);
  const item = walk(list, [{ kind: 'index', index: 0 }]);
  for (const { reference, pointer, whole } of references) {
    if (forEach === null && (reference.root === 'item' || reference.root === 'index')) continue;
    const place = placeOfReference(reference, shapes, item);
    if (place.kind === 'missing' && !reference.fallback) {
      const near = place.part.kind === 'name' ? nearestName(place.part.name, place.known) : undefined;
      findings.error('unknown-field', pointer, `<<${reference.text}>>: there is no ${partText(place.part)}${near ? `; do you mean "${near}"?` : place.known.length > 0 ? `; there are ${place.known.slice(0, 20).join(', ')}` : ''}`);
    }
    if (whole && tool && pointer.startsWith(`${at}/`)) checkType({ reference, place, wanted: walk(placeOf(tool.inputSchema), partsOf(pointer.slice(at.length))), pointer, findings });
  }
}

function checkType({ reference, place, wanted, pointer, findings }: { reference: Reference; place: Place; wanted: Place; pointer: string; findings: Findings }): void {
  const given = typesAt(place);
  const takes = typesAt(wanted);
  if (!given || !takes) return;
  const fits = given.some((g) => takes.includes(g) || (g === 'integer' && takes.includes('number')) || (g === 'number' && takes.includes('integer')));
  if (!fits) findings.error('reference-type', pointer, `<<${reference.text}>> is ${given.join(' or ')}, but ${takes.join(' or ')} is needed here`);
}

function placeOfReference(reference: Reference | undefined, shapes: readonly StepShape[], item: Place): Place {
  if (!reference) return UNKNOWN;
  if (reference.root === 'item') return walk(item, reference.path);
  if (reference.root === 'index') return placeOf({ type: 'integer' });
  const target = stepOf(reference);
  const shape = target && shapes.find((s) => s.id === target.id);
  if (!shape) return UNKNOWN;
  return walk(target.part === 'items' ? itemsOf(shape) : outputOf(shape), reference.path.slice(2));
}

function outputOf({ tool, forEach, outputMapping }: StepShape): Place {
  if (outputMapping) return placeOf({ type: 'object', properties: Object.fromEntries(Object.keys(outputMapping).map((k) => [k, {}])), additionalProperties: false });
  if (!tool) return UNKNOWN;
  const output = placeOf(tool.outputSchema);
  return forEach === null ? output : listOf(output);
}

function itemsOf({ tool }: StepShape): Place {
  const output: Schema = tool ? { ...tool.outputSchema, definitions: undefined } : {};
  const element = { type: 'object', additionalProperties: false, properties: { index: { type: 'integer' }, target: { type: ['string', 'null'] }, status: { type: 'string' }, input: {}, output, failure: {} } };
  return { kind: 'known', schema: { type: 'array', items: element }, root: tool?.outputSchema ?? {} };
}

function referenceIn(text: string): Reference | undefined {
  const template = parseTemplate(text);
  return template.kind === 'reference' ? template.reference : undefined;
}

function partsOf(pointer: string): PathPart[] {
  return pointer.split('/').slice(1).map((p) => (/^\d+$/.test(p) ? { kind: 'index', index: Number(p) } : { kind: 'name', name: p.replaceAll('~1', '/').replaceAll('~0', '~') }));
}

function partText(part: PathPart): string {
  return part.kind === 'name' ? `field "${part.name}"` : 'list there';
}
