import type { DiagnosticDto } from '@opsmesh/contracts';
import { cacheMsOf, changesAnything, checkCache } from './cache-policy.js';
import type { CatalogueTool, ToolCatalogue } from './catalogue.js';
import { checkAddresses } from './check-addresses.js';
import { checkArguments } from './check-arguments.js';
import { checkChildInputs } from './check-child-inputs.js';
import { checkCommands, commandInputsOf } from './check-commands.js';
import { checkGate } from './check-gate.js';
import { checkPrevious } from './check-previous.js';
import { checkFields, elementOf, type StepShape } from './check-fields.js';
import { compileChild, type ChildCompiler, type CompiledChild } from './compile-children.js';
import { dependenciesOf, levelsInScopes, strategyOf, type Need } from './dependencies.js';
import { Findings } from './diagnostics.js';
import { dropCredentials } from './drop-credentials.js';
import { finishStep, targetPointer } from './finish-step.js';
import { impliedList } from './implied-list.js';
import { outputOf } from './output-schemas.js';
import { readDocument } from './parse.js';
import { pointerIn, type Plan, type PlanStep } from './parsed-plan.js';
import type { CompiledPlan, ToolStep } from './plan.js';
import type { PlanLookup } from './plan-lookup.js';
import { probeOf } from './probe.js';
import { PlanScopes } from './plan-scopes.js';
import type { Names } from './resolve-references.js';
import { isItem, resolveStep, type DraftStep } from './resolve-step.js';
import { UNKNOWN, type Place } from './schema-walk.js';
import { stepOf } from './scope.js';

export interface Compilation { plan: CompiledPlan | null; diagnostics: DiagnosticDto[] }

/** Parses and compiles a document. `plan` is null when there is an error. Never throws for what a document holds. Without `lookup` no sub-plan may be named. */
export function compileDocument(document: unknown, catalogue: ToolCatalogue, lookup?: PlanLookup): Compilation {
  const findings = new Findings();
  const plan = readDocument(document, findings);
  // What can be checked is checked beside an error of the form, so that one answer tells all.
  const compiled = plan && compile(plan, catalogue, lookup);
  return { plan: findings.failed || !compiled ? null : compiled.plan, diagnostics: [...findings.all, ...(compiled?.diagnostics ?? [])] };
}

/** Checks a plan against the catalogue and makes of it what the engine runs. */
export function compile(plan: Plan, catalogue: ToolCatalogue, lookup?: PlanLookup): Compilation {
  const findings = new Findings();
  const compiled = new PlanCompilation(plan, { catalogue, lookup, within: [], findings, changes: false, bypassCache: false }).run();
  return { plan: compiled?.plan ?? null, diagnostics: findings.all };
}

interface Context {
  readonly catalogue: ToolCatalogue;
  readonly lookup: PlanLookup | undefined;
  /** Names of the stored plans around this one. */
  readonly within: readonly string[];
  readonly findings: Findings;
  /** Whether the plans around this one change anything, and whether they take no outputs that are kept. */
  readonly changes: boolean;
  readonly bypassCache: boolean;
}

/** Compiles one plan. Lives for one compilation. */
class PlanCompilation {
  private readonly tools: readonly (CatalogueTool | undefined)[];
  private readonly children: readonly (CompiledChild | undefined)[];
  private readonly scopes: PlanScopes;
  private readonly names: Names;
  private readonly commandInputs = new Set<string>();
  private readonly context: Context;

  constructor(private readonly plan: Plan, around: Context) {
    const { findings, catalogue } = around;
    const context = this.context = { ...around, changes: around.changes || changesAnything(plan, catalogue), bypassCache: around.bypassCache || plan.bypassCache };
    this.checkIds();
    this.tools = plan.steps.map((step) => this.toolOf(step));
    this.children = plan.steps.map((step) => compileChild(step, { ...context, compiler: this.childCompiler() }));
    this.scopes = new PlanScopes(plan.steps);
    const inputs = dropCredentials(plan.inputs, { pointer: `${plan.pointer}/inputs`, declared: () => false, findings });
    const outputs = plan.steps.map(({ body }, i) => outputOf(body, { tool: this.tools[i], plan: this.children[i]?.plan }));
    this.names = { plan: { ...plan, inputs }, indexOf: new Map(plan.steps.map((s, i) => [s.id, i])), scopes: this.scopes, outputs, declares: (step) => (name) => this.declares(step, name), findings };
  }

  run(): Omit<CompiledChild, 'stored'> | null {
    const { plan, names, scopes, context: { findings } } = this;
    const drafts = plan.steps.map((step, i) => resolveStep(step, i, names));
    this.impliedLists(drafts);
    const graph = dependenciesOf(plan.steps, { scopes, needs: drafts.map((d, i) => this.needsOf(d, i)), serial: plan.serial, findings });
    const sorted = levelsInScopes(graph, plan.steps);
    if ('cycle' in sorted) {
      const ids = sorted.cycle.map((i) => plan.steps[i]!.id);
      findings.error('cycle', plan.steps[sorted.cycle[0]!]!.pointer, `these steps wait for each other: ${[...ids, ids[0]].join(' → ')}`);
      return null;
    }
    this.checkSteps(drafts);
    const remembered = checkPrevious(drafts, names);
    // A sub-plan that could not be read: that was told when it was read.
    const isChildless = plan.steps.some(({ body }, i) => body.kind === 'orchestration' && !this.children[i]);
    if (findings.failed || isChildless) return null;
    const steps = drafts.map((draft, i) => finishStep(draft, {
      index: i, tool: this.tools[i], child: this.children[i], dependsOn: graph[i]!, level: sorted.levels[i]!, indexOf: names.indexOf, drafts, ...this.policiesOf(i), remembers: remembered.get(i) ?? [],
    }));
    const own = steps.filter((s) => !s.scope && !s.guard).map((s) => s.index);
    const strategy = strategyOf(own.map((i) => graph[i]!), own.map((i) => sorted.levels[i]!));
    return { plan: { version: 1, name: plan.name, inputs: names.plan.inputs, steps, strategy, timeoutMs: plan.timeoutMs, bypassCache: this.context.bypassCache }, commandInputs: this.commandInputs };
  }

  private policiesOf(index: number): Pick<ToolStep, 'cacheMs' | 'probe'> {
    const { body } = this.plan.steps[index]!;
    const tool = this.tools[index];
    if (!tool || body.kind !== 'tool') return { cacheMs: null, probe: null };
    const polls = this.scopes.loops(index).some((loop) => this.plan.steps[loop]!.forEach === null);
    return { cacheMs: cacheMsOf(body, tool, { changes: this.context.changes, polls }), probe: probeOf(tool, this.context.catalogue) };
  }

  private childCompiler(): ChildCompiler {
    const { context } = this;
    return {
      inPlace: (plan) => new PlanCompilation(plan, context).run(),
      stored: (document, name) => {
        const findings = new Findings();
        const plan = readDocument(document, findings);
        const child = plan && !findings.failed ? new PlanCompilation(plan, { ...context, within: [...context.within, name], findings }).run() : null;
        return child ?? { error: findings.all.find((d) => d.severity === 'error')?.message ?? 'it can not be read' };
      },
    };
  }

  private checkIds(): void {
    const seen = new Map<string, string>();
    for (const { id, pointer, keys } of this.plan.steps) {
      const first = seen.get(id);
      if (first === undefined) seen.set(id, pointer);
      else this.context.findings.error('duplicate-id', keys['id'] === undefined ? pointer : `${pointer}/id`, `the id "${id}" is the one of ${first} too`);
    }
  }

  private toolOf({ body, pointer }: PlanStep): CatalogueTool | undefined {
    const { catalogue, findings } = this.context;
    const tool = body.kind === 'tool' ? catalogue.get(body.tool) : undefined;
    if (tool || body.kind !== 'tool') return tool;
    const near = findings.nearest(body.tool, () => catalogue.names());
    const at = `${pointer}/tool`;
    findings.error('unknown-tool', at, `there is no tool "${body.tool.slice(0, 64)}"${near ? `; do you mean "${near}"?` : '; GET /tools lists those that are registered'}`, near ? [{ op: 'replace', path: at, value: near }] : undefined);
    return undefined;
  }

  /** A tool that is not known may have a target. */
  private checkGate(step: PlanStep, tool: CatalogueTool | undefined): void {
    const { kind } = step.body;
    const hasTarget = kind === 'tool' && (!tool || targetPointer(tool) !== null);
    checkGate(step.map, { kind, hasTarget, ...(tool ? { tool: tool.name } : {}) }, { at: (key) => `${pointerIn(step, 'map')}/${step.keys[`map.${key}`] ?? key}`, findings: this.context.findings });
  }

  private declares(step: number, name: string): boolean {
    const child = this.children[step];
    if (child) return Object.hasOwn(child.plan.inputs, name);
    return Object.hasOwn((this.tools[step]?.inputSchema as { properties?: object } | undefined)?.properties ?? {}, name);
  }

  /** Gives steps that use `item` without a list the list that is meant, and alternatives that of their step. */
  private impliedLists(drafts: readonly DraftStep[]): void {
    const { findings, outputs, scopes } = this.names;
    for (const [index, draft] of drafts.entries()) {
      const main = draft.step.guard === null ? undefined : drafts[draft.step.guard]!;
      if (draft.forEach === null && main?.forEach && isAlternative(main, index) && hasItems(main) && hasItems(draft)) {
        draft.forEach = main.forEach;
        draft.references.push(...main.references.filter((r) => r.pointer === pointerIn(main.step, 'forEach')));
      }
      const use = draft.references.find(isItem);
      if (!use || draft.forEach !== null || scopes.forEachLoop(index) !== undefined) continue;
      const list = impliedList(index, { plan: this.plan, drafts, outputs, scopes });
      if (list.kind === 'none') findings.error('item-outside-fan-out', use.pointer, '"item" has a meaning only in a step with "forEach", or after a step whose tool gives a list');
      if (list.kind === 'ambiguous') findings.error('ambiguous-item', use.pointer, `"item" could mean the list of ${list.steps.map((s) => `"${s}"`).join(' or ')}; say which with "forEach"`);
      if (list.kind === 'list') {
        draft.forEach = `<<${list.reference.text}>>`;
        draft.references.push({ pointer: pointerIn(draft.step, 'forEach'), reference: list.reference, whole: true });
      }
    }
  }

  /** The steps to which the references of a step lead. What stands in a container is there for its mapping, and for the condition of a loop once it has run. */
  private needsOf({ references, conditions, mappingReferences, step }: DraftStep, self: number): Need[] {
    const { indexOf, findings } = this.names;
    const needs = new Map<number, Need>();
    const isInside = (index: number): boolean => this.scopes.isInside(index, self);
    for (const { reference, pointer } of [...references, ...conditions]) {
      const index = indexOf.get(stepOf(reference)?.id ?? '');
      if (index === self) findings.error('not-an-ancestor', pointer, 'a step can not use its own output');
      else if (index !== undefined && !(isInside(index) && pointer === pointerIn(step, 'condition'))) needs.set(index, { step: index, pointer });
    }
    for (const { reference, pointer } of mappingReferences) {
      const target = stepOf(reference);
      const index = indexOf.get(target?.id ?? '');
      if (index === self && target?.part === 'items') findings.error('not-an-ancestor', pointer, 'an output mapping has the output of its own step, not its items');
      if (index !== undefined && index !== self && !isInside(index)) needs.set(index, { step: index, pointer });
    }
    return [...needs.values()];
  }

  private checkSteps(drafts: readonly DraftStep[]): void {
    const { findings, outputs, scopes } = this.names;
    const shapes: ReadonlyMap<string, StepShape> = new Map(drafts.map((d, i) => [d.step.id, { id: d.step.id, output: outputs[i]!, forEach: hasItems(d) ? d.forEach : null, outputMapping: d.step.outputMapping }]));
    const elements = new Map<number, Place>();
    const loopItem = (index: number): Place => {
      const loop = scopes.forEachLoop(index);
      return loop === undefined ? UNKNOWN : elements.get(loop) ?? UNKNOWN;
    };
    for (const [index, draft] of drafts.entries()) {
      const { step, references } = draft;
      const tool = this.tools[index];
      const at = pointerIn(step, 'inputs');
      if (!draft.readable) continue;
      checkFields(draft, { shapes, loopItem: loopItem(index), tool, at, findings });
      if (step.body.kind === 'loop' && draft.forEach !== null) elements.set(index, elementOf(draft, shapes, loopItem(index)));
      const child = this.children[index];
      if (child) for (const name of checkChildInputs(step, child, findings)) this.commandInputs.add(name);
      this.checkGate(step, tool);
      if (!tool || step.body.kind !== 'tool') continue;
      const places = references.filter((r) => r.pointer.startsWith(`${at}/`)).map((r) => ({ pointer: r.pointer.slice(at.length), whole: r.whole }));
      checkArguments(tool, step.inputs, { pointer: at, references: places, findings });
      checkAddresses(step.inputs, { pointer: at, findings });
      checkCommands(tool, step.inputs, { pointer: at, findings });
      for (const name of commandInputsOf(tool, step.inputs)) this.commandInputs.add(name);
      checkCache(step, tool, findings);
      const { retry } = step.body;
      if (retry && retry.maxAttempts > 1 && !tool.idempotent && tool.effect !== 'read') {
        findings.warning('retry-limited', pointerIn(step, 'retry'), `"${tool.name}" is not idempotent: only attempts that did nothing are repeated`);
      }
    }
  }
}

function isAlternative({ step: { onFailure } }: DraftStep, index: number): boolean {
  return typeof onFailure === 'object' && 'alternative' in onFailure && onFailure.alternative === index;
}

function hasItems({ step: { body } }: DraftStep): boolean {
  return body.kind !== 'branch' && body.kind !== 'loop';
}
