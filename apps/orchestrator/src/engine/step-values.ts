import { isTerminalStep, itemRange, mapOutput, resolveList, stepsMapped, stepsReferenced, valueStep, type CompiledStep, type Json, type LoopStep, type ReferencedSteps, type Scope, type StepValue } from '@opsmesh/plan-model';
import { itemKey, type ChangeSet } from './change-set.js';
import type { RecordTransaction, StoredItem } from './ports.js';
import type { CachedRun } from './run-cache.js';

/**
 * Values of earlier steps, for binding one step: from the commit in the making, the cache or the record.
 * What the commit has not written yet is written first when the record must be asked.
 */
export class StepValues {
  constructor(private readonly tx: RecordTransaction, private readonly changes: () => ChangeSet, private readonly flush: () => Promise<void>) {}

  /** The scope in which a step is evaluated and bound: earlier steps, and the element and number of the iteration it stands in. The items of its own list are added by the caller. */
  async scopeOf(run: CachedRun, step: CompiledStep): Promise<Scope> {
    const scope = await this.scope(run, stepsReferenced(run.facts.plan, step));
    return step.scope ? { ...scope, ...await this.iterationOf(run, step) } : scope;
  }

  /** The value of a step, as its dependants see it: that of the alternative that took its place, when one did. */
  async outputOf(run: CachedRun, index: number): Promise<Json | undefined> {
    return (await this.valueOf(run, index, false)).output;
  }

  private async scope(run: CachedRun, wanted: ReferencedSteps): Promise<Scope> {
    const values = new Map<string, StepValue>();
    for (const index of new Set([...wanted.outputs, ...wanted.items])) {
      values.set(run.facts.plan.steps[index]!.id, await this.valueOf(run, index, wanted.items.includes(index)));
    }
    return { input: run.facts.inputs, context: {}, step: (id) => values.get(id) };
  }

  /** `iteration` of the innermost loop; `item` and `index` of the innermost that runs over a list. */
  private async iterationOf(run: CachedRun, step: CompiledStep): Promise<Pick<Scope, 'item' | 'index' | 'iteration'>> {
    const found: { item?: Json; index?: number; iteration?: number } = {};
    for (let at = step.scope; at && found.index === undefined; at = run.facts.plan.steps[at.step]!.scope) {
      const loop = run.facts.plan.steps[at.step]!;
      const state = run.state.steps[at.step]!;
      if (loop.kind !== 'loop' || state.status !== 'open') continue;
      found.iteration ??= state.iteration;
      if (loop.mode === 'forEach') Object.assign(found, { item: await this.elementOf(run, loop, state.iteration), index: state.iteration });
    }
    return found;
  }

  private async elementOf(run: CachedRun, loop: LoopStep, iteration: number): Promise<Json> {
    const list = resolveList(loop, await this.scopeOf(run, loop));
    if (!list.ok) throw new Error(`the list of loop "${loop.id}" was there and is not any more`);
    return list.items[iteration] ?? null;
  }

  private async valueOf(run: CachedRun, declared: number, withItems: boolean): Promise<StepValue> {
    const index = valueStep(run.facts.plan, run.state.steps, declared);
    const step = run.facts.plan.steps[index]!;
    const state = run.state.steps[index]!;
    if (step.kind === 'branch' || step.kind === 'loop') {
      const opened = isTerminalStep(state) ? state.opened : null;
      const raw = opened ? (step.kind === 'branch' ? { arm: opened.arm } : { iterations: opened.iterations }) : undefined;
      return { output: await this.mapped(run, step, raw), items: undefined };
    }
    const { from, to } = itemRange(state);
    if (step.forEach !== null || withItems) {
      const items = (await this.storedItems(run, index)).filter((i) => i.item >= from && i.item < to);
      const raw = step.forEach === null ? succeededOutput(items[0]) : items.filter((i) => i.status === 'succeeded').map((i) => i.output ?? null);
      return { output: await this.mapped(run, step, raw), items: items.map((i) => asJson(i, from)) };
    }
    const key = outputKey(index, from);
    const cached = run.outputs.get(key);
    if (cached !== undefined) return { output: cached, items: undefined };
    const output = await this.mapped(run, step, await this.singleOutput(run, index, from));
    if (output !== undefined) run.outputs.set(key, output);
    return { output, items: undefined };
  }

  private async singleOutput(run: CachedRun, index: number, item: number): Promise<Json | undefined> {
    const fresh = this.changes().itemUpdates.get(itemKey(run.facts.id, index, item));
    if (fresh?.status === 'succeeded' && fresh.output?.json && !fresh.output.truncated) return JSON.parse(fresh.output.json) as Json;
    return succeededOutput((await this.storedItems(run, index)).find((i) => i.item === item));
  }

  private async storedItems(run: CachedRun, index: number): Promise<StoredItem[]> {
    await this.flush();
    return this.tx.loadStepItems(run.facts.id, index);
  }

  private async mapped(run: CachedRun, step: CompiledStep, raw: Json | undefined): Promise<Json | undefined> {
    if (!step.outputMapping || raw === undefined) return raw;
    const outer = await this.scope(run, stepsMapped(run.facts.plan, step));
    const result = mapOutput(step, { ...outer, step: (id) => (id === step.id ? { output: raw, items: undefined } : outer.step(id)) });
    return result.ok ? result.value : undefined;
  }
}

/** In a loop a step has an output for each iteration, known by its first item. */
function outputKey(step: number, base: number): number {
  return base * 1000 + step;
}

/** What a failed attempt left behind is shown to people, but is no value for later steps. */
function succeededOutput(item: StoredItem | undefined): Json | undefined {
  return item?.status === 'succeeded' ? item.output : undefined;
}

function asJson(item: StoredItem, base: number): Json {
  return { index: item.item - base, target: item.target, status: item.status, input: item.inputs, output: item.output ?? null, failure: item.failure };
}
