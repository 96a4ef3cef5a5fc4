import type { AnswerDescription } from '../answer/answer.js';
import type { Json, JsonObject, PlanDocument, StepDocument } from './plan-document.js';

/** A plan with its answers, as one part of a larger one. */
export interface Part {
  readonly plan: PlanDocument;
  readonly answers: readonly AnswerDescription[];
  /** Whether it begins only when the part before it has ended. */
  readonly afterPrevious: boolean;
}

/** One plan of several: ids and inputs are made distinct, parts run side by side unless one comes after the other. */
export function compose(parts: readonly Part[]): { readonly plan: PlanDocument; readonly answers: readonly AnswerDescription[] } {
  if (parts.length === 1) return { plan: parts[0]!.plan, answers: parts[0]!.answers };
  const steps: StepDocument[] = [];
  const inputs: Record<string, Json> = {};
  const answers: AnswerDescription[] = [];
  let before: string[] = [];
  parts.forEach((part, i) => {
    const prefix = i === 0 ? '' : `p${i + 1}-`;
    const rename: Renaming = {
      steps: new Map(idsOf(part.plan.steps).map((id) => [id, `${prefix}${id}`])),
      inputs: new Map(Object.keys(part.plan.inputs ?? {}).map((name) => [name, prefix === '' ? name : `p${i + 1}_${name}`])),
    };
    for (const [name, value] of Object.entries(part.plan.inputs ?? {})) inputs[rename.inputs.get(name)!] = value;
    const renamed = part.plan.steps.map((s) => renamedStep(s, rename));
    // What the inventory holds is asked at once, unless it is changed before.
    const waits = (s: StepDocument): boolean => s.tool !== 'asset-query' || steps.some((b) => /^asset-(?!query|list)/.test(b.tool));
    steps.push(...(part.afterPrevious && before.length > 0 ? renamed.map((s) => (waits(s) ? { ...s, dependsOn: [...new Set([...(s.dependsOn ?? []), ...before])] } : s)) : renamed));
    answers.push(...part.answers.map((a) => ({ ...a, step: rename.steps.get(a.step) ?? a.step })));
    before = renamed.map((s) => s.id);
  });
  return { plan: { name: parts.map((p) => p.plan.name).join(' + ').slice(0, 256), ...(Object.keys(inputs).length > 0 ? { inputs } : {}), steps }, answers };
}

/** Ids of steps, of those that compensate them too. */
function idsOf(steps: readonly StepDocument[]): string[] {
  return steps.flatMap((s) => {
    const compensate = (s.onFailure as { readonly compensate?: readonly StepDocument[] } | undefined)?.compensate;
    return [s.id, ...(Array.isArray(compensate) ? idsOf(compensate as readonly StepDocument[]) : [])];
  });
}

export interface Renaming {
  readonly steps: ReadonlyMap<string, string>;
  readonly inputs: ReadonlyMap<string, string>;
}

/** A step under another id, with every reference to renamed steps and inputs rewritten. */
export function renamedStep(step: StepDocument, rename: Renaming): StepDocument {
  const rewritten = rewrite(step as JsonObject, rename) as StepDocument;
  return { ...rewritten, id: rename.steps.get(step.id) ?? step.id, ...(step.dependsOn === undefined ? {} : { dependsOn: step.dependsOn.map((d) => rename.steps.get(d) ?? d) }) };
}

const REFERENCE = /(?<open><<\s*|\{\{\s*)(?:steps\.(?<step>[A-Za-z_][\w-]*)|input\.(?<input>[A-Za-z_][\w-]*)|(?<context>context\.)?(?<bare>[A-Za-z_][\w-]*))(?=[\s.[>?}])/g;
const FIELD = /^(?:steps\.(?<step>[A-Za-z_][\w-]*)|(?<context>context\.)?(?<bare>[A-Za-z_][\w-]*))(?=[.[]|$)/;
type Named = Readonly<Record<'open' | 'step' | 'input' | 'context' | 'bare', string | undefined>>;

function rewrite(value: Json, rename: Renaming): Json {
  if (Array.isArray(value)) return value.map((v: Json) => rewrite(v, rename));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, v]: [string, Json]) => [key, key === 'field' && typeof v === 'string' ? renamedField(v, rename) : key === 'compensate' && Array.isArray(v) ? v.map((s: Json) => renamedStep(s as StepDocument, rename) as JsonObject) : rewrite(v, rename)]));
  }
  if (typeof value !== 'string') return value;
  return value.replace(REFERENCE, (...found: unknown[]) => renamedReference(found, rename));
}

function renamedField(field: string, rename: Renaming): string {
  return field.replace(FIELD, (...found: unknown[]) => renamedReference(found, rename));
}

/** What a match of a reference becomes; `found` is what `String.replace` gives: the text first, the named parts last. */
function renamedReference(found: readonly unknown[], rename: Renaming): string {
  const { open = '', step, input, context = '', bare = '' } = found.at(-1) as Named;
  if (step !== undefined) return `${open}steps.${rename.steps.get(step) ?? step}`;
  if (input !== undefined) return `${open}input.${rename.inputs.get(input) ?? input}`;
  return rename.steps.has(bare) ? `${open}${context}${rename.steps.get(bare)!}` : String(found[0]);
}
