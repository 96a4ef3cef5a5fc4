import type { AnswerDescription } from '../answer/answer.js';
import { propertiesOf, type Catalogue } from '../catalogue/catalogue.js';
import type { FactSheet } from '../facts/facts.js';
import type { Json, JsonObject, PlanDocument, StepDocument } from '../plan/plan-document.js';
import { filtersOf } from '../slots/asset-filters.js';
import { describe, isNamed, type Selection } from '../slots/selection.js';
import { FREE_TEXT, type SlotValue, type Template } from './template.js';

export interface Filling {
  readonly values: Readonly<Record<string, SlotValue>>;
  readonly selection: Selection;
  readonly facts: FactSheet;
  readonly catalogue: Catalogue;
  /** Only hosts that are reached by this protocol. */
  readonly protocol?: 'ssh' | 'winrm';
}

export type Instance =
  | { readonly ok: true; readonly plan: PlanDocument; readonly answers: readonly AnswerDescription[] }
  | { readonly ok: false; readonly reason: string };

/** Most hosts that a matrix is made of. */
const MATRIX = 10;

/** Whether every tool of a template is registered; else which is missing. */
export function missingTool(template: Template, catalogue: Catalogue): string | undefined {
  return toolsOf(template.steps as Json).find((name) => !catalogue.tools.has(name));
}

export function toolsOf(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap((v: Json) => toolsOf(v));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => (key === 'tool' && typeof v === 'string' ? [v] : key === 'inputs' ? [] : toolsOf(v)));
}

/** A plan from a template whose slots are filled. It is refused, with the reason, when a tool or an input that it needs is not there. */
export function instantiate(template: Template, filling: Filling): Instance {
  const missing = missingTool(template, filling.catalogue);
  if (missing !== undefined) return { ok: false, reason: `the tool ${missing} is not registered` };
  const filler = new Filler(template, filling);
  const steps: StepDocument[] = [];
  for (const step of template.steps) {
    const each = step['$eachHost'];
    if (each === undefined) {
      steps.push(filler.step(step));
      continue;
    }
    const { hosts } = filling.selection;
    if (!isNamed(filling.selection) || hosts.length < 2 || hosts.length > MATRIX) return { ok: false, reason: `it needs 2 to ${MATRIX} hosts by name` };
    hosts.forEach((host, i) => steps.push(filler.step({ ...(each as JsonObject), id: `${String((each as JsonObject)['id'])}-${i + 1}` }, host)));
  }
  if (filler.problem !== undefined) return { ok: false, reason: filler.problem };
  const usesAssets = steps.some((s) => s.tool === 'asset-query');
  const answers = steps.filter((s) => isAnswered(s.id, template.answer.step)).map((s) => ({ ...template.answer, step: s.id }));
  return {
    ok: true, answers,
    plan: {
      name: `${template.title}${usesAssets ? `: ${describe(filling.selection)}` : ''}`.slice(0, 256), description: template.description,
      ...(Object.keys(filler.inputs).length > 0 ? { inputs: filler.inputs } : {}), steps,
    },
  };
}

/** Whether an answer about a step is about that one: itself, or what `$eachHost` made of it, which is numbered. */
function isAnswered(id: string, step: string): boolean {
  return id === step || (id.startsWith(`${step}-`) && /^\d+$/.test(id.slice(step.length + 1)));
}

/** Fills one template; collects the plan's inputs and the first thing that does not fit. */
class Filler {
  readonly inputs: Record<string, Json> = {};
  problem: string | undefined;

  constructor(private readonly template: Template, private readonly filling: Filling) {
    const steps = JSON.stringify(template.steps);
    for (const name of Object.keys(template.slots)) {
      const value = filling.values[name];
      if (value !== undefined && new RegExp(`<<input\\.${name}\\b`).test(steps)) this.inputs[name] = value;
    }
  }

  step(step: JsonObject, host?: string): StepDocument {
    return this.fill(step, host) as unknown as StepDocument;
  }

  private fill(value: Json, host: string | undefined): Json | undefined {
    if (Array.isArray(value)) return value.map((v: Json) => this.fill(v, host)).filter((v) => v !== undefined);
    if (typeof value !== 'object' || value === null) return value;
    const object = value as JsonObject;
    if (object['$filters'] === true) return { ...filtersOf(this.filling.selection, this.filling.facts), ...(this.filling.protocol === undefined ? {} : { protocol: this.filling.protocol }) } as JsonObject;
    if (object['$host'] === true) return host;
    if (typeof object['$slot'] === 'string') return this.value(object['$slot'], object['as']);
    const entries = Object.entries(object).flatMap(([key, v]): [string, Json][] => {
      const filled = this.fill(v, host);
      return filled === undefined ? [] : [[key, filled]];
    });
    return typeof object['tool'] === 'string' ? this.withDeclaredInputs(Object.fromEntries(entries), object['tool']) : Object.fromEntries(entries);
  }

  /** A step whose tool has all the inputs that are given. */
  private withDeclaredInputs(step: JsonObject, tool: string): JsonObject {
    const declared = propertiesOf(this.filling.catalogue.tools.get(tool)!).map((p) => p.name);
    const unknown = Object.keys((step['inputs'] ?? {}) as JsonObject).find((name) => !declared.includes(name));
    if (unknown !== undefined) this.problem ??= `the tool ${tool} has no input "${unknown}"`;
    return step;
  }

  private value(name: string, as: Json | undefined): Json | undefined {
    const value = this.filling.values[name];
    if (value === undefined) return undefined;
    if (as === 'number') {
      if (!Number.isFinite(Number(value))) this.problem ??= `it takes one ${name}, not "${String(value)}"`;
      return Number(value);
    }
    if (as === 'numbers') {
      const numbers = String(value).split(',').map(Number);
      if (!numbers.every(Number.isFinite)) this.problem ??= `it takes single ${name}, not "${String(value)}"`;
      return numbers;
    }
    // Whatever could be read as a reference is told as a value, which is never searched for one.
    if (!FREE_TEXT.has(this.template.slots[name]?.type ?? 'text') && !(typeof value === 'string' && /<<|\{\{/.test(value))) return value;
    this.inputs[name] = value;
    return `<<input.${name}>>`;
  }
}
