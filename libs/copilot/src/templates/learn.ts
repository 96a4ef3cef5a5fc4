import { canonicalJson } from '@opsmesh/contracts';
import type { Json, JsonObject, PlanDocument, StepDocument } from '../plan/plan-document.js';
import type { SlotSpec, Template } from './template.js';

/** What is looked at of a finished run. */
export interface RunSummaryForLearning {
  readonly runId: string;
  /** The message it came from. */
  readonly message: string;
  readonly plan: PlanDocument;
  readonly status: string;
  /** Whether a person approved it, or policy let it run because it only reads. */
  readonly approved: boolean;
  /** Id of the template that it came from, null for a model's or a person's plan. */
  readonly template: string | null;
}

/** A template that was seen in several runs, for a person to promote or to reject. Never used by itself. */
export interface TemplateProposal {
  readonly template: Template;
  readonly runs: readonly string[];
  /** Where the runs differ, by JSON pointer, and which values they had. */
  readonly differences: readonly { readonly pointer: string; readonly values: readonly Json[] }[];
}

/** Least number of alike runs. */
export const ALIKE_RUNS = 3;
const MOST_DIFFERENCES = 8;

/** Proposals from approved, completed runs that no template made: at least {@link ALIKE_RUNS} plans of the same shape, whose differing values become slots. */
export function learn(runs: readonly RunSummaryForLearning[]): TemplateProposal[] {
  const groups = new Map<string, RunSummaryForLearning[]>();
  for (const run of runs) {
    if (run.status !== 'completed' || !run.approved || run.template !== null) continue;
    const key = canonicalJson(shape(run.plan.steps as unknown as Json));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].filter((g) => g.length >= ALIKE_RUNS).flatMap((g) => proposal(g) ?? []);
}

/** The plan with every text, number and list of plain values of its inputs replaced by its kind; references and names of tools stay. */
function shape(value: Json, inInputs = false): Json {
  if (Array.isArray(value)) return inInputs && value.every((v: Json) => typeof v !== 'object') ? 'list' : value.map((v: Json) => shape(v, inInputs));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]: [string, Json]) => [k, shape(v, inInputs || k === 'inputs')]));
  return inInputs && !(typeof value === 'string' && /<<|\{\{/.test(value)) ? typeof value : value;
}

function proposal(runs: readonly RunSummaryForLearning[]): TemplateProposal | undefined {
  const [first] = runs;
  if (!first || runs.some((r) => r.plan.inputs !== undefined && Object.keys(r.plan.inputs).length > 0)) return undefined;
  const differences: { pointer: string; values: readonly Json[]; name: string }[] = [];
  const taken = new Set<string>();
  const merged = merge(runs.map((r) => r.plan.steps as unknown as Json), '', (pointer, values) => {
    const base = pointer.split('/').at(-1)!.replace(/\W/g, '_').replace(/^\d/, '_$&');
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`;
    taken.add(name);
    differences.push({ pointer, values, name });
    return { $slot: name };
  });
  if (differences.length > MOST_DIFFERENCES) return undefined;
  // What selects the assets is one slot; where anything else of the query differs there is nothing to learn.
  const query = (merged as StepDocument[]).findIndex((s) => s.tool === 'asset-query' && s.inputs?.['filters'] !== undefined);
  const selects = (pointer: string): boolean => query >= 0 && pointer.startsWith(`/${query}/inputs/filters`);
  const steps = (merged as JsonObject[]).map((s, i) => (i === query && differences.some((d) => selects(d.pointer)) ? { ...s, inputs: { ...(s['inputs'] as JsonObject), filters: { $filters: true } } } : s));
  const slots: Record<string, SlotSpec> = {};
  if (differences.some((d) => selects(d.pointer))) slots['targets'] = { type: 'assets', required: true, ask: 'Which hosts do you mean?' };
  for (const d of differences) if (!selects(d.pointer)) slots[d.name] = { type: 'text', required: true, ask: `What should ${d.name.replaceAll('_', ' ')} be?` };
  const last = (merged as StepDocument[]).at(-1)!;
  return {
    runs: runs.map((r) => r.runId), differences: differences.map(({ pointer, values }) => ({ pointer, values })),
    template: {
      id: `learned-${(merged as StepDocument[]).map((s) => s.tool.toLowerCase()).join('-').replace(/[^a-z0-9-]/g, '-').slice(0, 50)}`, version: 1, title: first.plan.name.slice(0, 128), description: `Seen in ${runs.length} approved runs`, category: 'automation',
      action: `learned-${(merged as StepDocument[]).map((s) => s.tool.toLowerCase()).join('-').replace(/[^a-z0-9-]/g, '-').slice(0, 50)}`, platform: null, slots, phrases: commonWords(runs.map((r) => r.message)), steps, answer: { kind: 'outcome', step: last.id, subject: first.plan.name.slice(0, 128) },
    },
  };
}

/** The value that all have, or what `differ` gives for a place where they do not. */
function merge(values: readonly Json[], pointer: string, differ: (pointer: string, values: readonly Json[]) => Json): Json {
  const [first] = values;
  if (values.every((v) => canonicalJson(v) === canonicalJson(first))) return first!;
  if (values.every((v): v is readonly Json[] => Array.isArray(v) && v.length === (first as Json[]).length && typeof v[0] === 'object')) return (first as Json[]).map((_, i) => merge(values.map((v) => (v as Json[])[i]!), `${pointer}/${i}`, differ));
  if (values.every((v) => typeof v === 'object' && v !== null && !Array.isArray(v))) return Object.fromEntries(Object.keys(first as JsonObject).map((k) => [k, merge(values.map((v) => (v as JsonObject)[k]!), `${pointer}/${k}`, differ)]));
  return differ(pointer, values);
}

/** Words that all messages have, as one phrase; none when they share less than two. */
function commonWords(messages: readonly string[]): string[] {
  const sets = messages.map((m) => new Set(m.toLowerCase().split(/[^\p{L}\p{N}-]+/u)));
  const shared = (messages[0] ?? '').toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter((w) => w.length > 2 && sets.every((s) => s.has(w)));
  return shared.length >= 2 ? [[...new Set(shared)].slice(0, 8).join(' ')] : [];
}
