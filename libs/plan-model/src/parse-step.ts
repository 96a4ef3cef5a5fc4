import type { Findings } from './diagnostics.js';
import { KINDS, keysOf, readBody, type KindReading } from './parse-kinds.js';
import type { Plan, PlanStep } from './parsed-plan.js';
import { parseMap, spellingsIn } from './parse-policies.js';
import { isBoolean, isList, isObject, isText, isTexts, Section } from './parse-values.js';
import { LIMITS, STEP_ROLES, type JsonObject, type OnFailure, type StepKind, type StepRole, type StepScope } from './plan.js';
import { FORBIDDEN_NAMES } from './references.js';

const STEP_ID = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/** They begin references of another meaning. */
const RESERVED_IDS: ReadonlySet<string> = new Set(['item', 'index', 'input', 'context', 'steps', 'iteration', 'previous', ...FORBIDDEN_NAMES]);

interface Parts {
  readonly findings: Findings;
  readonly budget: { steps: number };
  /** Reads a sub-plan that is written in place. */
  readonly readPlan: (document: unknown, pointer: string) => Plan | null;
}

/** Where a step stands. */
interface Place {
  readonly pointer: string;
  /** Its id when it says none. */
  readonly id: string;
  readonly scope: StepScope | null;
  readonly guard: number | null;
  /** How many containers, alternatives and compensations it stands in. */
  readonly depth: number;
}

/** Reads steps, and lays those of containers, alternatives and compensations flat behind them. */
export class StepReader {
  readonly steps: PlanStep[] = [];

  constructor(private readonly parts: Parts) {}

  /** @returns whether every step could be read */
  readAll(documents: readonly unknown[], pointer: string): boolean {
    return this.each(documents, (document, i) => this.read(document, { pointer: `${pointer}/${i}`, id: `step-${i + 1}`, scope: null, guard: null, depth: 0 }));
  }

  private each(documents: readonly unknown[], read: (document: unknown, i: number) => boolean): boolean {
    let whole = true;
    for (const [i, document] of documents.entries()) {
      if (this.parts.budget.steps < 0) return false;
      whole = read(document, i) && whole;
    }
    return whole;
  }

  private read(document: unknown, place: Place): boolean {
    const { findings, budget } = this.parts;
    const { pointer } = place;
    budget.steps--;
    if (!isObject(document)) {
      findings.error('invalid-value', pointer, 'a step is an object with a "tool", or of another kind');
      return false;
    }
    if (place.depth > LIMITS.nesting) {
      findings.error('limit-exceeded', pointer, `steps stand in each other more than ${LIMITS.nesting} deep here`);
      return false;
    }
    const kind = this.kindOf(document, pointer);
    const section = new Section(document, { pointer, ...keysOf(kind), findings });
    const said = section.get('id', isText, 'a text') ?? place.id;
    const isId = STEP_ID.test(said) && !RESERVED_IDS.has(said);
    // What can't be a name in references is not taken over.
    const id = isId ? said : place.id;
    if (!isId) findings.error('invalid-id', section.at('id'), 'an id begins with a letter or _, has at most 64 letters, digits, _ or -, and is not the beginning of a reference such as "item"');
    const index = this.steps.length;
    const inside: { documents: readonly unknown[]; pointer: string; arm: number | null }[] = [];
    const reading: KindReading = { section, pointer, findings, readPlan: this.parts.readPlan, within: (documents, at, arm) => { inside.push({ documents, pointer: at, arm }); } };
    const { body, keys, ...own } = readBody(kind, reading);
    const role = section.get('role', isText, 'a role') ?? null;
    if (role !== null && !STEP_ROLES.includes(role as StepRole)) findings.error('invalid-value', section.at('role'), `must be one of ${STEP_ROLES.join(', ')}`);
    const step: PlanStep = {
      pointer, id, keys: { ...section.keys, ...keys, ...spellingsIn(section.values['map']) }, scope: place.scope, guard: place.guard, body,
      map: parseMap(section.values['map'], section.at('map'), findings), when: section.condition('when'), onFailure: 'fail',
      critical: section.get('critical', isBoolean, 'true or false') ?? true, role: role as StepRole | null, parallelGroup: this.groupOf(section, place),
      outputMapping: (section.get('outputMapping', isObject, 'an object of names and values') ?? null) as JsonObject | null, dependsOn: section.get('dependsOn', isTexts, 'a list of step ids') ?? null, ...own,
    };
    this.steps.push(step);
    let whole = true;
    for (const { documents, pointer: at, arm } of inside) {
      whole = this.each(documents, (d, i) => this.read(d, { pointer: `${at}/${i}`, id: `${id}-${arm === null ? '' : `${arm + 1}-`}${i + 1}`, scope: { step: index, arm }, guard: null, depth: place.depth + 1 })) && whole;
    }
    const reaction = this.onFailure(section, { ...place, id }, index);
    if (reaction !== 'fail') this.steps[index] = { ...step, onFailure: reaction ?? 'fail' };
    return whole && reaction !== null;
  }

  /** A step of no kind is read as one of a tool that is not named. */
  private kindOf(document: object, pointer: string): StepKind {
    const [kind, second] = KINDS.filter((k) => Object.hasOwn(document, k));
    if (second) this.parts.findings.error('invalid-value', `${pointer}/${second}`, `a step is of one kind; this one has "${kind}" too`);
    return kind ?? 'tool';
  }

  private groupOf(section: Section, { guard }: Place): string | null {
    const group = section.get('parallelGroup', isText, 'the name of a group') ?? null;
    if (group === null || guard === null) return group;
    this.parts.findings.error('unsupported-option', section.at('parallelGroup'), 'an alternative or a compensation is in no group');
    return null;
  }

  /** Null when a step in it can't be read. */
  private onFailure(section: Section, place: Place, index: number): OnFailure | null {
    const { findings } = this.parts;
    const value = section.values['onFailure'] ?? 'fail';
    if (value === 'fail' || value === 'continue') return value;
    const at = section.at('onFailure');
    const entries = isObject(value) ? Object.entries(value) : [];
    const [[key, inner] = []] = entries;
    const nested = { scope: place.scope, guard: index, depth: place.depth + 1 };
    if (entries.length === 1 && key === 'alternative' && isObject(inner)) {
      const alternative = this.steps.length;
      return this.read(inner, { ...nested, pointer: `${at}/alternative`, id: `${place.id}-alternative` }) ? { alternative } : null;
    }
    if (entries.length === 1 && key === 'compensate' && isList(inner) && inner.length > 0) {
      const compensate: number[] = [];
      const whole = this.each(inner, (document, i) => {
        compensate.push(this.steps.length);
        return this.read(document, { ...nested, pointer: `${at}/compensate/${i}`, id: `${place.id}-compensate-${i + 1}` });
      });
      return whole ? { compensate } : null;
    }
    findings.error('invalid-value', at, 'must be "fail", "continue", { "alternative": step } or { "compensate": [steps] }');
    return 'fail';
  }
}
