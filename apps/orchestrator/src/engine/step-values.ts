import { failure as makeFailure, type FailureDto } from '@opsmesh/contracts';
import { containerOutput, isContainer, itemRange, LIMITS, loopsAround, mapOutput, resolveList, stepsMapped, stepsReferenced, valueStep, type Bound, type CompiledStep, type Json, type LoopStep, type ReferencedSteps, type Scope, type StepValue } from '@opsmesh/plan-model';
import type { ChangeSet } from './change-set.js';
import type { RecordTransaction, StoredItem, StoredItems, WantedItems } from './ports.js';
import { itemKey } from './positions.js';
import type { CachedRun } from './run-cache.js';

/** Most bytes of an output that are kept with the run for later steps; a larger one is read each time. */
const MOST_CACHED = 256 * 1024;

/**
 * Values of earlier steps, for binding one step: from the commit in the making, the cache or the record.
 * What the commit has not written yet is written first when the record must be asked.
 */
export class StepValues {
  constructor(private readonly tx: RecordTransaction, private readonly changes: () => ChangeSet, private readonly flush: () => Promise<void>) {}

  /**
   * The scope in which a step is evaluated and bound: earlier steps, and the element and number of the iteration it stands in. The items of its own list are added by the caller.
   * It cannot be had when the outputs of an earlier step are more than a process may be asked to hold.
   */
  scopeOf(run: CachedRun, step: CompiledStep): Promise<Bound<Scope>> {
    return unlessTooLarge(this.wholeScope(run, step));
  }

  /** The value of a step, as its dependants see it: that of the alternative that took its place, when one did. Undefined also when it is too large for them. */
  async outputOf(run: CachedRun, index: number): Promise<Json | undefined> {
    const value = await unlessTooLarge(this.valueOf(run, index, false));
    return value.ok ? value.value.output : undefined;
  }

  private async wholeScope(run: CachedRun, step: CompiledStep): Promise<Scope> {
    const scope = await this.scope(run, step, stepsReferenced(run.facts.plan, step));
    return step.scope ? { ...scope, ...await this.iterationOf(run, step) } : scope;
  }

  private async scope(run: CachedRun, step: CompiledStep, wanted: ReferencedSteps): Promise<Scope> {
    const values = new Map<string, StepValue>();
    for (const index of new Set([...wanted.outputs, ...wanted.items])) {
      values.set(run.facts.plan.steps[index]!.id, await this.valueOf(run, index, wanted.items.includes(index)));
    }
    const scope: Scope = { input: run.facts.inputs, context: {}, step: (id) => values.get(id) };
    return wanted.previous.length > 0 ? { ...scope, previous: await this.previousOf(run, step, wanted.previous) } : scope;
  }

  /** Steps as they were in the iteration before of the innermost loop; none of them in the first one. */
  private async previousOf(run: CachedRun, step: CompiledStep, wanted: readonly number[]): Promise<Scope['previous'] & object> {
    const loop = loopsAround(run.facts.plan, run.state, step.index).innermost?.loop;
    const state = loop && run.state.steps[loop.index]!;
    const values = new Map<string, StepValue>();
    for (const { step: declared, by, from, to } of state?.status === 'open' ? state.remembered : []) {
      if (wanted.includes(declared)) values.set(run.facts.plan.steps[declared]!.id, await this.valueOfItems(run, by, { from, to, withItems: true }));
    }
    return (id) => values.get(id);
  }

  /** `iteration` of the innermost loop; `item` and `index` of the innermost that runs over a list. */
  private async iterationOf(run: CachedRun, step: CompiledStep): Promise<Pick<Scope, 'item' | 'index' | 'iteration'>> {
    const { innermost, forEach } = loopsAround(run.facts.plan, run.state, step.index);
    return {
      ...(innermost ? { iteration: innermost.iteration } : {}),
      ...(forEach ? { item: await this.elementOf(run, forEach.loop, forEach.iteration), index: forEach.iteration } : {}),
    };
  }

  private async elementOf(run: CachedRun, loop: LoopStep, iteration: number): Promise<Json> {
    const list = resolveList(loop, await this.wholeScope(run, loop));
    if (!list.ok) throw new Error(`the list of loop "${loop.id}" was there and is not any more`);
    return list.items[iteration] ?? null;
  }

  private async valueOf(run: CachedRun, declared: number, withItems: boolean): Promise<StepValue> {
    const index = valueStep(run.facts.plan, run.state.steps, declared);
    const step = run.facts.plan.steps[index]!;
    if (isContainer(step)) return { output: await this.mapped(run, step, containerOutput(run.facts.plan, run.state, index)), items: undefined };
    return this.valueOfItems(run, index, { ...itemRange(run.state.steps[index]!), withItems });
  }

  private async valueOfItems(run: CachedRun, index: number, { from, to, withItems }: { from: number; to: number; withItems: boolean }): Promise<StepValue> {
    const step = run.facts.plan.steps[index]!;
    if (step.forEach !== null || withItems) {
      const { items } = await this.storedItems(run, { step: index, from, to });
      const raw = step.forEach === null ? succeededOutput(items[0]) : items.filter((i) => i.status === 'succeeded').map((i) => i.output ?? null);
      return { output: await this.mapped(run, step, raw), items: items.map((i) => asJson(i, from)) };
    }
    const key = outputKey(index, from);
    const cached = run.outputs.get(key);
    if (cached !== undefined) return { output: cached, items: undefined };
    const { raw, bytes } = await this.singleOutput(run, index, from);
    const output = await this.mapped(run, step, raw);
    if (output !== undefined && bytes <= MOST_CACHED) run.outputs.set(key, output);
    return { output, items: undefined };
  }

  private async singleOutput(run: CachedRun, index: number, item: number): Promise<{ readonly raw: Json | undefined; readonly bytes: number }> {
    const fresh = this.changes().itemUpdates.get(itemKey(run.facts.id, index, item));
    if (fresh?.status === 'succeeded' && fresh.output?.json && !fresh.output.truncated) return { raw: JSON.parse(fresh.output.json) as Json, bytes: fresh.output.json.length };
    const { items: [stored], outputBytes } = await this.storedItems(run, { step: index, from: item, to: item + 1 });
    return { raw: succeededOutput(stored), bytes: outputBytes };
  }

  /** @throws ValueTooLarge */
  private async storedItems(run: CachedRun, range: Pick<WantedItems, 'step' | 'from' | 'to'>): Promise<StoredItems> {
    await this.flush();
    const found = await this.tx.loadStepItems({ runId: run.facts.id, ...range, mostBytes: LIMITS.stepValueBytes });
    if (found.outputBytes > LIMITS.stepValueBytes) throw new ValueTooLarge(run.facts.plan.steps[range.step]!.id, found.outputBytes);
    return found;
  }

  private async mapped(run: CachedRun, step: CompiledStep, raw: Json | undefined): Promise<Json | undefined> {
    if (!step.outputMapping || raw === undefined) return raw;
    const outer = { ...await this.scope(run, step, stepsMapped(run.facts.plan, step)), ...(step.scope ? await this.iterationOf(run, step) : {}) };
    const result = mapOutput(step, { ...outer, step: (id) => (id === step.id ? { output: raw, items: undefined } : outer.step(id)) });
    return result.ok ? result.value : undefined;
  }
}

/** The outputs of a step are more than other steps may use. */
class ValueTooLarge extends Error {
  readonly failure: FailureDto;

  constructor(step: string, bytes: number) {
    super(`the outputs of step "${step}" are ${inMiB(bytes)} MiB; what other steps use of one may be ${inMiB(LIMITS.stepValueBytes)} MiB: have it print less, or work on fewer items`);
    this.failure = makeFailure('limit-exceeded', this.message);
  }
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}

async function unlessTooLarge<T>(value: Promise<T>): Promise<Bound<T>> {
  try {
    return { ok: true, value: await value };
  } catch (e) {
    if (e instanceof ValueTooLarge) return { ok: false, failure: e.failure };
    throw e;
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
