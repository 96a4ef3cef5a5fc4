import { isLoginName, isSecretName, type DiagnosticDto } from '@opsmesh/contracts';
import { targetOf, type CatalogueTool } from '../catalogue/catalogue.js';
import type { FactSheet } from '../facts/facts.js';
import type { Json, JsonObject, PlanDocument, StepDocument } from '../plan/plan-document.js';

/** Most steps of a plan that a model writes. */
const MODEL_STEPS = 50;

export interface Bounds {
  /** The tools that were offered. */
  readonly tools: ReadonlyMap<string, CatalogueTool>;
  /** The request as the person wrote it. */
  readonly request: string;
  readonly facts: FactSheet;
  /** Whether the person asked for a change, by the product's own rules; a model can not decide that. */
  readonly mayChange: boolean;
}

export interface Guarded {
  readonly plan: PlanDocument | null;
  readonly diagnostics: readonly DiagnosticDto[];
  /** JSON pointers of credentials that were taken out; their values are not repeated. */
  readonly dropped: readonly string[];
}

/** Holds a model's plan to what was offered and asked: tools, targets, effect, size. What passes is still compiled. */
export function guardPlan(document: unknown, bounds: Bounds): Guarded {
  const diagnostics: DiagnosticDto[] = [];
  const error = (code: string, pointer: string, message: string): void => { diagnostics.push({ code, severity: 'error', pointer, message }); };
  if (!isObject(document) || !Array.isArray(document['steps'])) {
    return { plan: null, dropped: [], diagnostics: [{ code: 'invalid-value', severity: 'error', pointer: '/steps', message: 'a plan has a list of steps' }] };
  }
  if (document['steps'].length === 0 || document['steps'].length > MODEL_STEPS) {
    return { plan: null, dropped: [], diagnostics: [{ code: 'limit-exceeded', severity: 'error', pointer: '/steps', message: `a plan has 1 to ${MODEL_STEPS} steps; this one has ${document['steps'].length}` }] };
  }
  const dropped: string[] = [];
  const steps: StepDocument[] = [];
  document['steps'].forEach((step: unknown, i) => {
    const at = `/steps/${i}`;
    if (!isObject(step) || typeof step['tool'] !== 'string') return error('invalid-value', at, 'a step is an object with a tool');
    const tool = bounds.tools.get(step['tool']);
    if (!tool) return error('unknown-tool', `${at}/tool`, `"${step['tool'].slice(0, 64)}" was not offered; there are ${[...bounds.tools.keys()].join(', ')}`);
    if (tool.effect !== 'read' && !bounds.mayChange) return error('change-not-asked', `${at}/tool`, `${tool.name} changes something, which the request does not ask for`);
    const clean = withoutSecrets(step as JsonObject, at, dropped) as JsonObject;
    const target = targetOf(tool);
    const named = target === undefined || !isObject(clean['inputs']) ? undefined : (clean['inputs'] as JsonObject)[target];
    for (const value of Array.isArray(named) ? named : [named]) {
      if (typeof value === 'string' && !isReference(value) && !wasAsked(value, bounds)) error('target-not-asked', `${at}/inputs/${target}`, `"${value.slice(0, 64)}" stands neither in the request nor in the inventory as it was asked for`);
    }
    steps.push(clean as unknown as StepDocument);
  });
  if (diagnostics.length > 0) return { plan: null, diagnostics, dropped };
  const inputs = isObject(document['inputs']) ? withoutSecrets(document['inputs'] as JsonObject, '/inputs', dropped) as JsonObject : undefined;
  return { plan: { name: typeof document['name'] === 'string' ? document['name'].slice(0, 256) : 'plan of a model', ...(inputs === undefined ? {} : { inputs }), steps }, diagnostics, dropped };
}

function isReference(text: string): boolean {
  return /^\s*(?:<<[^<>]+>>|\{\{[^{}]+\}\})\s*$/.test(text);
}

/** A whole word of the request, or an asset that a word of the request names. */
function wasAsked(value: string, { request, facts }: Bounds): boolean {
  const lower = value.toLowerCase();
  const words = request.toLowerCase().split(/[\s,;()[\]{}"'`!?<>]+/).map((w) => w.replace(/(?<![.:])[.:]+$/, ''));
  return words.includes(lower) || [...facts.assets.values()].some((a) => a.hostname.toLowerCase() === lower || a.ip_address === value);
}

/** Log-in names too, whatever a tool declares: a person may give one, a model can only make it up or repeat one that it read somewhere. */
function withoutSecrets(value: Json, pointer: string, dropped: string[]): Json {
  if (Array.isArray(value)) return value.map((v: Json, i) => withoutSecrets(v, `${pointer}/${i}`, dropped));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, v]: [string, Json]): [string, Json][] => {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!isSecretName(key) && !isLoginName(key)) return [[key, withoutSecrets(v, at, dropped)]];
    dropped.push(at);
    return [];
  }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
