import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import type { StepOutput } from './output-schemas.js';
import type { Plan, PlanStep } from './parsed-plan.js';
import type { PlanScopes } from './plan-scopes.js';
import type { Json, JsonObject } from './plan.js';
import { MAX_LENGTH, parseTemplate, pathText, ReferenceError, referenceText, type FoundReference, type PathPart, type Reference } from './references.js';

/** What names in references mean in one plan. */
export interface Names {
  readonly plan: Plan;
  /** Positions of the steps by id. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly scopes: PlanScopes;
  /** What is known of the steps' outputs. */
  readonly outputs: readonly StepOutput[];
  /** Tells for a step whether its tool or sub-plan declares an input. */
  readonly declares: (step: number) => (name: string) => boolean;
  readonly findings: Findings;
}

/** Output fields of an asset query that may be named without their step. */
const ASSET_FIELDS = ['assets', 'hostnames', 'ip_addresses', 'asset_count'];
const ROOTS = ['item', 'index', 'iteration', 'input', 'context', 'steps', 'previous'];

/** Rewrites every reference of one step into its canonical form (`item`, `index`, `iteration`, `input`, `context`, `steps.<id>.output|items`, `previous.steps.<id>.output|items`) and lists them. */
export class ReferenceResolver {
  private found: FoundReference[] = [];
  /** Set when a reference could not be read. */
  unreadable = false;

  constructor(private readonly names: Names, private readonly step: number) {}

  get findings(): Findings {
    return this.names.findings;
  }

  /** The references that were found since the last call. */
  take(): FoundReference[] {
    const { found } = this;
    this.found = [];
    return found;
  }

  object(value: JsonObject, pointer: string): JsonObject {
    return this.value(value, pointer, false) as JsonObject;
  }

  /** `{step.path}` is a reference too, as the first users write it. */
  mapping(value: JsonObject, pointer: string): JsonObject {
    return this.value(value, pointer, true) as JsonObject;
  }

  text(text: string, pointer: string): string {
    try {
      const template = parseTemplate(text);
      if (template.kind === 'text') return text;
      if (template.kind === 'reference') return this.add(template.reference, pointer, true);
      return template.parts.map((p) => (typeof p === 'string' ? p : this.add(p, pointer, false))).join('');
    } catch (e) {
      if (!(e instanceof ReferenceError)) throw e;
      this.names.findings.error(e.code, pointer, e.message);
      this.unreadable = true;
      return text;
    }
  }

  private value(value: Json, pointer: string, mapping: boolean): Json {
    if (typeof value === 'string') return this.text(mapping ? this.braces(value) : value, pointer);
    if (Array.isArray(value)) return value.map((v, i) => this.value(v, `${pointer}/${i}`, mapping));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.value(v, `${pointer}/${pointerOf(k)}`, mapping)]));
  }

  private braces(text: string): string {
    const inner = /^\{([A-Za-z_][^{}]*)\}$/.exec(text)?.[1];
    const name = inner && /^[A-Za-z0-9_-]+/.exec(inner)?.[0];
    const { steps } = this.names.plan;
    if (!inner || !name) return text;
    if (this.names.indexOf.has(name)) return `<<${inner}>>`;
    const byRole = steps.filter((s) => s.role === name);
    return byRole.length === 1 ? `<<${byRole[0]!.id}${inner.slice(name.length)}>>` : text;
  }

  /** Notes a reference and gives its canonical text, in the brackets in which it was written: others could pair with text around it. */
  private add(written: Reference, pointer: string, whole: boolean): string {
    const { root, path } = this.canonical(written, pointer);
    const fallback = written.fallback ? ` ?? ${JSON.stringify(written.fallback.value)}` : '';
    const text = `${root}${pathText(path)}${fallback}`;
    if (text.length > MAX_LENGTH) throw new ReferenceError('reference-syntax', `"${written.text.slice(0, 100)}" is too long: a reference may have ${MAX_LENGTH} characters`);
    const reference: Reference = { ...written, root, path, text };
    this.found.push({ pointer, whole, reference });
    return referenceText(reference);
  }

  private canonical(written: Reference, pointer: string): { root: string; path: readonly PathPart[] } {
    const { root, path } = written;
    const { plan, findings } = this.names;
    const step = this.names.indexOf.get(root);
    if (step !== undefined && !ROOTS.includes(root)) return this.shorthand(step, path);
    if (ASSET_FIELDS.includes(root)) {
      const query = this.assetQuery();
      if (query) return { root: 'steps', path: [named(query.id), named('output'), named(root), ...path] };
    }
    if (root === 'steps') return this.explicit(written, pointer);
    if (root === 'context') return this.context(written, pointer);
    if (root === 'previous') return this.previous(written, pointer);
    if (root === 'input') {
      const [first] = path;
      if (first?.kind === 'name' && !Object.hasOwn(plan.inputs, first.name) && !written.fallback) {
        const near = findings.nearest(first.name, () => Object.keys(plan.inputs));
        findings.error('unknown-input', pointer, `the plan declares no input "${first.name}"${near ? `; do you mean "${near}"?` : '; declare it under "inputs" with a default'}`);
      }
    } else if (!ROOTS.includes(root)) {
      const near = findings.nearest(root, () => [...ROOTS, ...plan.steps.map((s) => s.id)]);
      findings.error('unknown-root', pointer, `<<${written.text.slice(0, 100)}>> begins with nothing known${near ? `; do you mean "${near}"?` : ': there are item, index, iteration, input, context, steps, previous and the ids of steps'}`);
    }
    return { root, path };
  }

  private shorthand(index: number, path: readonly PathPart[]): { root: string; path: readonly PathPart[] } {
    const { id } = this.names.plan.steps[index]!;
    const { schema, list } = this.names.outputs[index]!;
    const [first, ...rest] = path;
    const declares = (name: string): boolean => Object.hasOwn((schema as { properties?: object } | undefined)?.properties ?? {}, name);
    if (first?.kind === 'name' && (first.name === 'output' || first.name === 'items') && !declares(first.name)) return { root: 'steps', path: [named(id), first, ...rest] };
    // A step that is called like its list: `assets` and `assets[0]` are the list, `assets.asset_count` a field beside it.
    if (id === list && (first === undefined || first.kind !== 'name' || !declares(first.name))) return { root: 'steps', path: [named(id), named('output'), named(id), ...path] };
    return { root: 'steps', path: [named(id), named('output'), ...path] };
  }

  /** `context.<step>` is the step's output; this version keeps nothing else in the context of a run. */
  private context({ path, fallback, text }: Reference, pointer: string): { root: string; path: readonly PathPart[] } {
    const [first, ...rest] = path;
    const step = first?.kind === 'name' ? this.names.indexOf.get(first.name) : undefined;
    if (step !== undefined) return this.shorthand(step, rest);
    if (!fallback) this.names.findings.error('unknown-step', pointer, `<<${text.slice(0, 100)}>>: the context of a run has the outputs of its steps, as context.<id>`);
    return { root: 'context', path };
  }

  /** What follows is a reference to a step, with its id or in full. */
  private previous(written: Reference, pointer: string): { root: string; path: readonly PathPart[] } {
    const [first, ...rest] = written.path;
    const step = first?.kind === 'name' ? this.names.indexOf.get(first.name) : undefined;
    const { path } = step === undefined ? this.explicit({ ...written, path: first?.kind === 'name' && first.name === 'steps' ? rest : written.path }, pointer) : this.shorthand(step, rest);
    return { root: 'previous', path: [named('steps'), ...path] };
  }

  private explicit({ text, path }: Reference, pointer: string): { root: string; path: readonly PathPart[] } {
    const { plan, findings } = this.names;
    const [id, part] = path;
    if (id?.kind !== 'name') findings.error('reference-syntax', pointer, `<<${text.slice(0, 100)}>> must name a step: steps.<id>.output`);
    else if (!this.names.indexOf.has(id.name)) {
      const near = findings.nearest(id.name, () => plan.steps.map((s) => s.id));
      findings.error('unknown-step', pointer, `there is no step "${id.name}"${near ? `; do you mean "${near}"?` : ''}`);
    } else if (part?.kind !== 'name' || (part.name !== 'output' && part.name !== 'items')) {
      findings.error('unknown-field', pointer, `<<${text.slice(0, 100)}>>: a step has "output" and "items"`);
    }
    return { root: 'steps', path };
  }

  /** The nearest earlier step that gives assets. */
  private assetQuery(): PlanStep | undefined {
    const { plan, outputs, scopes } = this.names;
    for (let i = this.step - 1; i >= 0; i--) if (outputs[i]!.list === 'assets' && scopes.isVisible(this.step, i)) return plan.steps[i];
    return undefined;
  }
}

function named(name: string): PathPart {
  return { kind: 'name', name };
}
