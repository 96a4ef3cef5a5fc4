import type { DiagnosticDto } from '@opsmesh/contracts';
import { checkDocument } from './check-document.js';
import { Findings } from './diagnostics.js';
import type { Plan } from './parsed-plan.js';
import { StepReader } from './parse-step.js';
import { isList, isObject, isOneOf, isText, isTime, Section, TIME } from './parse-values.js';
import { LIMITS, type JsonObject } from './plan.js';

const PLAN_KEYS = ['name', 'description', 'inputs', 'steps', 'executionStrategy', 'timeoutMs', 'cache'];

/** Reads a plan document in its full or short form. Never throws for a JSON value; `plan` is null when there is an error. */
export function parsePlan(document: unknown): { plan: Plan | null; diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  const plan = readDocument(document, findings);
  return { plan: findings.failed ? null : plan, diagnostics: findings.all };
}

/** As {@link parsePlan}, but a plan with errors is given too where every step of it can be read, so that more can be found in it. */
export function readDocument(document: unknown, findings: Findings): Plan | null {
  if (!checkDocument(document, findings)) return null;
  return readPlan(document, { findings, pointer: '', budget: { steps: LIMITS.steps } });
}

/** Where a plan stands, and how many steps it and what is in it may still have. */
interface Reading { readonly findings: Findings; readonly pointer: string; readonly budget: { steps: number } }

function readPlan(document: unknown, { findings, pointer, budget }: Reading): Plan | null {
  const inList = isList(document);
  if (!inList && !isObject(document)) {
    findings.error('invalid-value', pointer, 'a plan is an object with "steps", or a list of steps');
    return null;
  }
  const section = new Section(inList ? { steps: document } : document, { pointer, known: PLAN_KEYS, findings });
  const { steps } = section.values;
  const at = `${pointer}/steps`;
  if (!isList(steps)) {
    findings.error('invalid-value', at, 'must be a list of steps');
    return null;
  }
  if (steps.length === 0) findings.error('no-steps', at, 'a plan has at least one step');
  const reader = new StepReader({ findings, budget, readPlan: (inner, place) => readPlan(inner, { findings, pointer: place, budget }) });
  const whole = reader.readAll(steps, inList ? pointer : at);
  if (budget.steps < 0) {
    findings.error('limit-exceeded', at, `the plan has ${LIMITS.steps - budget.steps} steps or more; it may have ${LIMITS.steps}`);
    return null;
  }
  if (!whole) return null;
  const strategy = section.get('executionStrategy', isText, '"serial", "parallel" or "dag"')?.toLowerCase();
  if (strategy !== undefined && !['serial', 'parallel', 'dag'].includes(strategy)) findings.error('invalid-value', section.at('executionStrategy'), 'must be "serial", "parallel" or "dag"');
  const inputs = section.get('inputs', isObject, 'an object of names and values') ?? {};
  return {
    pointer, name: section.get('name', isText, 'a text')?.slice(0, 256) ?? 'unnamed plan',
    inputs: inputs as JsonObject, serial: strategy === 'serial', timeoutMs: section.get('timeoutMs', isTime, TIME) ?? null, steps: reader.steps,
    bypassCache: section.get('cache', isOneOf('bypass'), '"bypass"; leave it out to take outputs that are kept') !== undefined,
  };
}
