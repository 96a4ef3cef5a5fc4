import type { PatchOperation } from '@opsmesh/contracts';
import type { CatalogueTool } from './catalogue.js';
import type { Findings } from './diagnostics.js';
import type { StepOutput } from './output-schemas.js';
import { pointerIn } from './parsed-plan.js';
import type { JsonObject } from './plan.js';
import { parseTemplate, referenceText, type PathPart, type Reference } from './references.js';
import type { DraftStep } from './resolve-step.js';
import { listOf, placeOf, typesAt, UNKNOWN, walk, type Place, type Schema } from './schema-walk.js';
import { previousOf, stepOf } from './scope.js';

/** What decides the shape of a step's output. */
export interface StepShape {
  readonly id: string;
  readonly output: StepOutput;
  /** Null in a loop too, whose list is not one of items. */
  readonly forEach: string | null;
  readonly outputMapping: JsonObject | null;
}

/** What is known around a step. `loopItem`: the element of the for-each loop around it. */
export interface Surroundings {
  readonly shapes: ReadonlyMap<string, StepShape>;
  readonly loopItem: Place;
  /** The tool's, where the step runs one. */
  readonly tool: CatalogueTool | undefined;
  readonly at: string;
  readonly findings: Findings;
}

/** Checks that referenced fields exist, that a fan-out runs over a list, and that types fit, as far as schemas tell. */
export function checkFields(draft: DraftStep, { shapes, loopItem, tool, at, findings }: Surroundings): void {
  const { step, forEach } = draft;
  const isLoop = step.body.kind === 'loop';
  const element = forEach === null ? loopItem : walk(listOfItems(draft, { shapes, loopItem, findings }), [{ kind: 'index', index: 0 }]);
  const item = isLoop ? loopItem : element;
  for (const { reference, pointer, whole } of draft.references) {
    const inList = pointer === pointerIn(step, 'forEach');
    const place = placeOfReference(reference, shapes, inList ? loopItem : item);
    tellMissing(place, { reference, pointer, findings });
    if (!tool || !pointer.startsWith(`${at}/`)) continue;
    const wanted = whole ? walk(placeOf(tool.inputSchema), partsOf(pointer.slice(at.length))) : INSIDE_TEXT;
    checkType({ reference, place, wanted, pointer, findings });
  }
  for (const { reference, pointer } of draft.conditions) tellMissing(placeOfReference(reference, shapes, loopItem), { reference, pointer, findings });
  // In its own mapping a step has its output as it came.
  if (draft.mappingReferences.length === 0) return;
  const raw = new Map(shapes).set(step.id, { ...shapes.get(step.id)!, outputMapping: null });
  for (const { reference, pointer } of draft.mappingReferences) tellMissing(placeOfReference(reference, raw, loopItem), { reference, pointer, findings });
}

/** The element of the list of a for-each loop. Says nothing of what is wrong with the list. */
export function elementOf({ forEach }: DraftStep, shapes: ReadonlyMap<string, StepShape>, loopItem: Place): Place {
  return walk(placeOfReference(referenceIn(forEach!), shapes, loopItem), [{ kind: 'index', index: 0 }]);
}

/** What may be put into a longer text. */
const INSIDE_TEXT = placeOf({ type: ['string', 'number', 'integer', 'boolean'] });

function listOfItems({ step, forEach, plan }: DraftStep, { shapes, loopItem, findings }: Pick<Surroundings, 'shapes' | 'loopItem' | 'findings'>): Place {
  const pointer = pointerIn(step, 'forEach');
  const reference = referenceIn(forEach!);
  if (!reference) {
    findings.error('not-a-list', pointer, 'must be one reference to a list');
    return UNKNOWN;
  }
  const list = placeOfReference(reference, shapes, loopItem);
  const types = typesAt(list) ?? inputType(reference, plan.inputs);
  if (types && !types.includes('array')) findings.error('not-a-list', pointer, `${referenceText(reference)} is ${types.join(' or ')}, not a list`, listInside(list, shapes.get(stepOf(reference)?.id ?? ''), pointer));
  if (reference.fallback && !Array.isArray(reference.fallback.value)) findings.error('not-a-list', pointer, 'the default of a list must be a list, such as []');
  return list;
}

/** The type of an input's default; undefined when none says it. */
function inputType({ root, path: [first, second] }: Reference, inputs: JsonObject): readonly string[] | undefined {
  const value = root === 'input' && first?.kind === 'name' && !second && Object.hasOwn(inputs, first.name) ? inputs[first.name] : null;
  return value === null || value === undefined ? undefined : [Array.isArray(value) ? 'array' : typeof value];
}

/** The mend for a step named in place of its list. */
function listInside(place: Place, shape: StepShape | undefined, path: string): PatchOperation[] | undefined {
  const list = shape?.output.list;
  const isOutput = list !== undefined && !shape?.outputMapping && shape?.forEach === null && walk(place, [{ kind: 'name', name: list }]).kind === 'known';
  return isOutput ? [{ op: 'replace', path, value: `<<steps.${shape.id}.output.${list}>>` }] : undefined;
}

function tellMissing(place: Place, { reference, pointer, findings }: { reference: Reference; pointer: string; findings: Findings }): void {
  if (place.kind !== 'missing' || reference.fallback) return;
  const near = place.part.kind === 'name' ? findings.nearest(place.part.name, () => place.known) : undefined;
  const known = place.known.length > 0 ? `; there are ${place.known.slice(0, 20).join(', ')}` : '';
  findings.error('unknown-field', pointer, `${referenceText(reference)}: there is no ${partText(place.part)}${near ? `; do you mean "${near}"?` : known}`);
}

function checkType({ reference, place, wanted, pointer, findings }: { reference: Reference; place: Place; wanted: Place; pointer: string; findings: Findings }): void {
  const given = typesAt(place);
  const takes = typesAt(wanted);
  if (!given || !takes) return;
  const fits = given.some((g) => takes.includes(g) || (g === 'integer' && takes.includes('number')) || (g === 'number' && takes.includes('integer')));
  if (!fits) findings.error('reference-type', pointer, `${referenceText(reference)} is ${given.join(' or ')}, but ${takes.join(' or ')} is needed here`);
}

function placeOfReference(reference: Reference | undefined, shapes: ReadonlyMap<string, StepShape>, item: Place): Place {
  if (!reference) return UNKNOWN;
  if (reference.root === 'item') return walk(item, reference.path);
  if (reference.root === 'index' || reference.root === 'iteration') return placeOf({ type: 'integer' });
  const before = previousOf(reference);
  const target = before ?? stepOf(reference);
  const shape = target && shapes.get(target.id);
  if (!shape) return UNKNOWN;
  return walk(target.part === 'items' ? itemsOf(shape) : outputOf(shape), reference.path.slice(before ? 3 : 2));
}

function outputOf({ output: { schema }, forEach, outputMapping }: StepShape): Place {
  if (outputMapping) return placeOf({ type: 'object', properties: Object.fromEntries(Object.keys(outputMapping).map((k) => [k, {}])), additionalProperties: false });
  if (!schema) return UNKNOWN;
  const output = placeOf(schema);
  return forEach === null ? output : listOf(output);
}

function itemsOf({ output: { schema } }: StepShape): Place {
  const output: Schema = schema ? { ...schema, definitions: undefined } : {};
  const element = { type: 'object', additionalProperties: false, properties: { index: { type: 'integer' }, target: { type: ['string', 'null'] }, status: { type: 'string' }, input: {}, output, failure: {} } };
  return { kind: 'known', schema: { type: 'array', items: element }, root: schema ?? {} };
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
