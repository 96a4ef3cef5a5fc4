import { canonicalJson } from '@opsmesh/contracts';
import type { Catalogue } from '../catalogue/catalogue.js';
import type { AnswerDescription } from '../answer/answer.js';
import { renamedStep } from './compose.js';
import type { Json, JsonObject, PlanDocument, StepDocument } from './plan-document.js';

export interface Optimised {
  readonly plan: PlanDocument;
  readonly answers: readonly AnswerDescription[];
  /** What was changed, in words. */
  readonly changes: readonly string[];
}

/**
 * Makes a plan quicker without changing what it does: equal reading steps that wait for the same are one, asset queries that differ in their fields only are one,
 * and a reading step no longer waits for reading steps whose values it does not need. Steps that change something keep their place.
 */
export function optimise(plan: PlanDocument, answers: readonly AnswerDescription[], catalogue: Catalogue): Optimised {
  const changes: string[] = [];
  const reads = (s: StepDocument): boolean => catalogue.tools.get(s.tool)?.effect === 'read';
  // What means "the nearest before" could mean another step once one is taken out.
  if (plan.steps.some(hasImplied)) return { plan, answers, changes };
  const independent = withoutNeedlessWaits(plan.steps, reads, changes);
  const rename = new Map<string, string>();
  const kept = new Map<string, StepDocument>();
  for (const step of independent) {
    const current = rename.size === 0 ? step : renamedStep(step, { steps: rename, inputs: new Map() });
    const key = reads(current) ? canonicalJson(comparable(current)) : `only ${current.id}`;
    const same = kept.get(key);
    if (!same) {
      kept.set(key, { ...current, id: step.id });
      continue;
    }
    rename.set(step.id, same.id);
    kept.set(key, { ...same, ...withFields(same, current) });
    changes.push(`"${step.id}" asks the same as "${same.id}": asked once`);
  }
  const steps = rename.size === 0 ? independent : [...kept.values()].map((s) => renamedStep(s, { steps: rename, inputs: new Map() })).map((s) => (s.dependsOn === undefined ? s : { ...s, dependsOn: [...new Set(s.dependsOn)] }));
  return { plan: { ...plan, steps }, answers: answers.map((a) => ({ ...a, step: rename.get(a.step) ?? a.step })), changes };
}

/** What makes two steps the same: everything but their names, and the fields of an asset query. */
function comparable(whole: StepDocument): unknown {
  const step = { ...whole, id: '', name: '', description: '' };
  if (step.tool !== 'asset-query') return step;
  const { fields, ...inputs } = (step.inputs ?? {}) as Record<string, Json>;
  return { ...step, inputs, fields: fields !== undefined };
}

/** An asset query for the fields of both. */
function withFields(a: StepDocument, b: StepDocument): { inputs?: JsonObject } {
  const fieldsOf = (s: StepDocument): Json[] => (Array.isArray(s.inputs?.['fields']) ? [...(s.inputs['fields'] as Json[])] : []);
  if (a.tool !== 'asset-query' || a.inputs?.['fields'] === undefined) return {};
  return { inputs: { ...a.inputs, fields: [...new Set([...fieldsOf(a), ...fieldsOf(b)])] } };
}

/** Takes waits out that no value needs, between steps that only read and have nothing that changes before them. */
function withoutNeedlessWaits(steps: readonly StepDocument[], reads: (s: StepDocument) => boolean, changes: string[]): readonly StepDocument[] {
  const byId = new Map(steps.map((s) => [s.id, s]));
  const pure = new Map<string, boolean>();
  const isPure = (id: string, path: ReadonlySet<string> = new Set()): boolean => {
    const known = pure.get(id);
    if (known !== undefined) return known;
    const step = byId.get(id);
    if (!step || path.has(id)) return false;
    const further = new Set(path).add(id);
    const result = reads(step) && [...(step.dependsOn ?? []), ...referredTo(step, byId)].every((d) => isPure(d, further));
    pure.set(id, result);
    return result;
  };
  return steps.map((step) => {
    if (step.dependsOn === undefined || step.dependsOn.length === 0 || step['role'] !== undefined || step.when !== undefined || !reads(step)) return step;
    const needed = step.dependsOn.filter((d) => !isPure(d));
    if (needed.length === step.dependsOn.length) return step;
    changes.push(`"${step.id}" does not wait for ${step.dependsOn.filter((d) => !needed.includes(d)).map((d) => `"${d}"`).join(', ')}: it only needs what it refers to`);
    return { ...step, dependsOn: needed };
  });
}

const NAMED = /(?:<<|\{\{|\{|"field":")\s*(?:steps\.|context\.)?([A-Za-z_][\w-]*)/g;

/** Ids of the steps that a step refers to. */
function referredTo(step: StepDocument, byId: ReadonlyMap<string, StepDocument>): string[] {
  return [...JSON.stringify(step).matchAll(NAMED)].map((m) => m[1]!).filter((id) => id !== step.id && byId.has(id));
}

/** Whether a step refers to a step without naming it. */
function hasImplied(step: StepDocument): boolean {
  const text = JSON.stringify(step);
  return /(?:<<|\{\{)\s*(?:assets|hostnames|ip_addresses|asset_count)\b/.test(text) || (step.forEach === undefined && /(?:<<|\{\{)\s*(?:item|index)\b/.test(text));
}
