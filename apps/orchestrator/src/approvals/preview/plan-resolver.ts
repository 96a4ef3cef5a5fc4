import { canonicalJson } from '@opsmesh/contracts';
import { evaluate, mapOutput, resolveList, stepsReferenced, type BranchStep, type CompiledPlan, type CompiledStep, type JsonObject, type LoopStep, type OrchestrationStep, type ToolCatalogue, type ToolStep } from '@opsmesh/plan-model';
import { prepareStep } from '../../engine/prepare-step.js';
import { shownText } from '../shown.js';
import { KnownValues, type Iteration } from './known-values.js';
import { INVENTORY_READS, INVENTORY_SERVICE, type LiveInventory } from './ports.js';
import type { ResolvedItem, ResolvedPlan, ResolvedStep } from './resolved-plan.js';
import { resolveTargets } from './resolve-targets.js';

/** Iterations of loops, and different sub-plans of one step, that are looked at one by one. */
const MOST_ITERATIONS = 2000;
const MOST_CHILDREN = 500;

export interface ResolverParts {
  readonly inventory: LiveInventory;
  readonly catalogue: ToolCatalogue;
  readonly tenantId: string;
}

/** A plan, or one way to run a sub-plan. */
interface Frame {
  readonly plan: CompiledPlan;
  readonly prefix: string;
  readonly inputs: JsonObject | undefined;
  readonly values: KnownValues;
  /** How often it runs at most; null: not known. */
  readonly times: number | null;
  readonly conditional: boolean;
  readonly never: Set<number>;
  readonly conditionals: Set<number>;
}

type Found = { -readonly [K in keyof ResolvedStep]: ResolvedStep[K] } & { items: ResolvedItem[] };

/**
 * What a plan would do, found out by doing what only reads the inventory and binding the rest, in the way the engine does. What depends on results of
 * a run stays open and says why. Lives for one preview.
 */
export class PlanResolver {
  private readonly found = new Map<string, Found>();
  private readonly counts = new Map<string, number | null>();
  private readonly notes: string[] = [];

  constructor(private readonly parts: ResolverParts) {}

  /** @throws ProblemError 503 `service-unavailable` when the inventory can't be asked */
  async resolve(plan: CompiledPlan, inputs: JsonObject): Promise<ResolvedPlan> {
    await this.frame({ plan, prefix: '', inputs, values: new KnownValues(plan, inputs), times: 1, conditional: false, never: new Set(), conditionals: new Set() });
    const steps = [...this.found.values()];
    await resolveTargets(steps, this.parts);
    return { steps, counts: this.counts, notes: this.notes };
  }

  private async frame(frame: Frame): Promise<void> {
    const ordered = [...frame.plan.steps].sort((a, b) => a.level - b.level || a.index - b.index);
    for (const step of ordered) {
      this.judgeWhether(frame, step);
      if (frame.never.has(step.index)) {
        frame.values.set(step.id, undefined);
        continue;
      }
      switch (step.kind) {
        case 'tool': await this.tool(frame, step); break;
        case 'orchestration': await this.children(frame, step); break;
        case 'branch': this.branch(frame, step); break;
        case 'loop': this.count(frame, step, product(this.iterations(frame, step)?.length ?? step.maxIterations, 1)); break;
        case 'decide':
        case 'approval':
        case 'wait': this.count(frame, step, this.bound(frame, step).mostItems);
      }
    }
  }

  /** Whether a step certainly runs, perhaps, or never. */
  private judgeWhether(frame: Frame, step: CompiledStep): void {
    const container = step.scope?.step;
    if (container !== undefined && frame.never.has(container)) frame.never.add(step.index);
    if (step.guard && frame.never.has(step.guard.step)) frame.never.add(step.index);
    if (frame.never.has(step.index)) return;
    if (step.guard || (container !== undefined && frame.conditionals.has(container))) frame.conditionals.add(step.index);
    if (!step.when) return;
    const holds = this.canTest(frame, step) ? evaluate(step.when, frame.values.scope({})) : undefined;
    if (holds?.ok && !holds.value) frame.never.add(step.index);
    else if (!holds?.ok) frame.conditionals.add(step.index);
  }

  /** Whether the conditions of a step can be decided now: everything that they refer to is known and no loop is around. */
  private canTest(frame: Frame, step: CompiledStep): boolean {
    if (frame.inputs === undefined || loopsAround(frame.plan, step).length > 0) return false;
    const { outputs, items } = stepsReferenced(frame.plan, { ...step, inputs: {}, forEach: null, map: { concurrency: 1 } });
    return items.length === 0 && outputs.every((i) => frame.values.missing(`<<steps.${frame.plan.steps[i]!.id}.output>>`, { own: false, iterations: false }) === undefined);
  }

  private branch(frame: Frame, step: BranchStep): void {
    const inside = (arm: number): CompiledStep[] => frame.plan.steps.filter((s) => s.scope?.step === step.index && s.scope.arm === arm);
    let taken: number | undefined;
    if (this.canTest(frame, step)) {
      for (const [arm, { when }] of step.arms.entries()) {
        const holds = when ? evaluate(when, frame.values.scope({})) : { ok: true as const, value: true };
        if (!holds.ok) break;
        if (holds.value) {
          taken = arm;
          break;
        }
        if (arm === step.arms.length - 1) taken = -1;
      }
    }
    for (const arm of step.arms.keys()) {
      for (const { index } of inside(arm)) {
        if (taken === undefined) frame.conditionals.add(index);
        else if (taken !== arm) frame.never.add(index);
      }
    }
    if (taken !== undefined && taken >= 0) frame.values.set(step.id, { arm: taken });
  }

  private async tool(frame: Frame, step: ToolStep): Promise<void> {
    const { known, because, items, mostItems, unbound } = this.bound(frame, step);
    const conditional = frame.conditional || frame.conditionals.has(step.index);
    this.add({ path: frame.prefix + step.id, step, plan: frame.plan, fixed: frame.prefix === '' ? frame.inputs ?? {} : {}, known, because, conditional, items, mostItems, unbound });
    const [only] = items;
    const isInventory = INVENTORY_READS.has(step.tool) && this.parts.catalogue.get(step.tool)?.service === INVENTORY_SERVICE;
    if (isInventory && known === 'exact' && step.forEach === null && items.length === 1 && only?.inputs && !conditional && loopsAround(frame.plan, step).length === 0) {
      const output = await this.parts.inventory.read(this.parts.tenantId, step.tool, only.inputs);
      if (typeof output === 'object' && output !== null && !Array.isArray(output) && output['truncated'] === true) this.notes.push(`"${step.id}" matches ${String(output['total'])} assets and takes ${String(output['asset_count'])} of them: give it a higher limit if all are meant`);
      const scope = frame.values.scope({});
      const mapped = step.outputMapping ? mapOutput(step, { ...scope, step: (id) => (id === step.id ? { output, items: undefined } : scope.step(id)) }) : { ok: true as const, value: output };
      if (mapped.ok) frame.values.set(step.id, mapped.value);
    }
  }

  private async children(frame: Frame, step: OrchestrationStep): Promise<void> {
    const { known, items, mostItems } = this.bound(frame, step);
    this.count(frame, step, mostItems);
    const conditional = frame.conditional || frame.conditionals.has(step.index);
    const child = (inputs: JsonObject | undefined, times: number | null): Promise<void> => this.frame({
      plan: step.plan, prefix: `${frame.prefix}${step.id}/`, inputs, values: new KnownValues(step.plan, inputs), times: product(times, frame.times), conditional, never: new Set(), conditionals: new Set(),
    });
    const different = new Map<string, { inputs: JsonObject; times: number }>();
    for (const { inputs } of items) {
      const key = canonicalJson(inputs);
      const same = different.get(key);
      if (same) same.times++;
      else different.set(key, { inputs: { ...step.plan.inputs, ...inputs }, times: 1 });
    }
    if (known !== 'exact' || different.size > MOST_CHILDREN) return child(undefined, mostItems);
    for (const { inputs, times } of different.values()) await child(inputs, times);
  }

  /** Binds the items of a step as far as that can be done now. */
  private bound(frame: Frame, step: CompiledStep): Pick<ResolvedStep, 'known' | 'because' | 'mostItems' | 'unbound'> & { items: ResolvedItem[] } {
    const contexts = this.contexts(frame, step);
    const around = loopsAround(frame.plan, step);
    const iterations = contexts !== undefined && around.some((l) => l.kind === 'loop');
    const times = product(frame.times, contexts ? 1 : around.reduce((n, l) => n * l.maxIterations, 1));
    const own = step.forEach !== null;
    const noList = step.forEach === null ? undefined : frame.values.missing(step.forEach, { own: false, iterations });
    const noInputs = frame.values.missing(step.inputs, { own, iterations });
    const first = step.target?.split('/')[1];
    const targetOnly: JsonObject | undefined = first === undefined ? undefined : { [first.replaceAll('~1', '/').replaceAll('~0', '~')]: step.inputs[first] ?? null };
    const known = noList !== undefined ? 'nothing' : noInputs === undefined ? 'exact' : targetOnly && frame.values.missing(targetOnly, { own, iterations }) === undefined ? 'targets' : 'nothing';
    const because = noList ?? noInputs ?? null;
    if (known === 'nothing') return { known, because, items: [], mostItems: noList !== undefined ? null : this.length(frame, step, contexts, times), unbound: 0 };
    const template = { ...step, when: null, map: { concurrency: 1 }, ...(known === 'targets' && targetOnly ? { inputs: targetOnly, commands: [] } : {}) };
    const items = new Map<string, ResolvedItem>();
    let total = 0;
    let unbound = 0;
    for (const context of contexts ?? [{}]) {
      const prepared = prepareStep({ runId: '', step: template, scope: frame.values.scope(context), base: 0 });
      if (prepared.event.type === 'prepare-failed') {
        this.notes.push(`"${frame.prefix}${step.id}" will fail before anything is sent: ${shownText(prepared.event.failure.message)}`);
        unbound++;
      }
      total += prepared.items.length;
      for (const { bound, target, inputs } of prepared.items) {
        if (!bound) unbound++;
        else items.set(`${target ?? ''} ${inputs}`, { target: step.target === null ? null : target, inputs: known === 'exact' ? bound : undefined, facts: [], endpoints: [], refusal: null });
      }
    }
    return { known, because, items: [...items.values()], mostItems: product(total, times), unbound };
  }

  /** How many items a step has whose inputs are not known. */
  private length(frame: Frame, step: CompiledStep, contexts: readonly Iteration[] | undefined, times: number | null): number | null {
    if (step.forEach === null) return product(contexts?.length ?? 1, times);
    let total = 0;
    for (const context of contexts ?? [{}]) {
      const list = resolveList(step, frame.values.scope(context));
      if (list.ok) total += list.items.length;
    }
    return product(total, times);
  }

  /** The iterations in which a step runs; undefined when they are not known, or too many to look at. */
  private contexts(frame: Frame, step: CompiledStep): Iteration[] | undefined {
    const loop = loopsAround(frame.plan, step).at(-1);
    return loop ? this.iterations(frame, loop) : [{}];
  }

  private iterations(frame: Frame, loop: LoopStep): Iteration[] | undefined {
    const outer = this.contexts(frame, loop);
    if (!outer) return undefined;
    const all: Iteration[] = [];
    for (const context of outer) {
      if (loop.mode === 'forEach') {
        if (frame.values.missing(loop.forEach, { own: false, iterations: outer.length > 0 && loopsAround(frame.plan, loop).length > 0 }) !== undefined) return undefined;
        const list = resolveList(loop, frame.values.scope(context));
        if (list.ok) all.push(...list.items.slice(0, loop.maxIterations).map((item, index) => ({ item, index, iteration: index })));
      } else {
        for (let iteration = 0; iteration < loop.maxIterations; iteration++) all.push({ ...context, iteration });
      }
      if (all.length > MOST_ITERATIONS) return undefined;
    }
    return all;
  }

  private count({ prefix, times }: Frame, step: CompiledStep, items: number | null): void {
    const path = prefix + step.id;
    const before = this.counts.get(path);
    const now = product(items, times);
    this.counts.set(path, before === undefined ? now : before === null || now === null ? null : before + now);
  }

  /** The same step of several sub-plans is one: what is least known of them holds for all. */
  private add(step: Found): void {
    const known = this.found.get(step.path);
    if (!known) {
      this.found.set(step.path, step);
      return;
    }
    if (FOREKNOWLEDGE.indexOf(step.known) > FOREKNOWLEDGE.indexOf(known.known)) Object.assign(known, { known: step.known, because: step.because });
    known.conditional ||= step.conditional;
    known.unbound += step.unbound;
    known.items.push(...step.items);
    known.mostItems = known.mostItems === null || step.mostItems === null ? null : known.mostItems + step.mostItems;
  }
}

const FOREKNOWLEDGE = ['exact', 'targets', 'nothing'];

/** Loops that a step stands in, the outermost first. */
function loopsAround(plan: CompiledPlan, step: CompiledStep): LoopStep[] {
  const loops: LoopStep[] = [];
  for (let at = step.scope; at; at = plan.steps[at.step]!.scope) {
    const container = plan.steps[at.step]!;
    if (container.kind === 'loop') loops.unshift(container);
  }
  return loops;
}

function product(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}
