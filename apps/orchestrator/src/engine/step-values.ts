import { mapOutput, stepsMapped, stepsReferenced, type CompiledStep, type Json, type ReferencedSteps, type Scope, type StepValue } from '@opsmesh/plan-model';
import { itemKey, type ChangeSet } from './change-set.js';
import type { RecordTransaction, StoredItem } from './ports.js';
import type { CachedRun } from './run-cache.js';

/**
 * Values of earlier steps, for binding one step: from the commit in the making, the cache or the record.
 * What the commit has not written yet is written first when the record must be asked.
 */
export class StepValues {
  constructor(private readonly tx: RecordTransaction, private readonly changes: () => ChangeSet, private readonly flush: () => Promise<void>) {}

  /** The scope in which the inputs of `step` are bound; `item` and `index` are added by the caller. */
  scopeOf(run: CachedRun, step: CompiledStep): Promise<Scope> {
    return this.scope(run, stepsReferenced(run.facts.plan, step));
  }

  private async scope(run: CachedRun, wanted: ReferencedSteps): Promise<Scope> {
    const values = new Map<string, StepValue>();
    for (const index of new Set([...wanted.outputs, ...wanted.items])) {
      values.set(run.facts.plan.steps[index]!.id, await this.valueOf(run, index, wanted.items.includes(index)));
    }
    return { input: run.facts.inputs, context: {}, step: (id) => values.get(id) };
  }

  private async valueOf(run: CachedRun, index: number, withItems: boolean): Promise<StepValue> {
    const step = run.facts.plan.steps[index]!;
    if (step.forEach !== null || withItems) {
      const items = await this.storedItems(run, index);
      const raw = step.forEach === null ? succeededOutput(items[0]) : items.filter((i) => i.status === 'succeeded').map((i) => i.output ?? null);
      return { output: await this.mapped(run, step, raw), items: items.map(asJson) };
    }
    const cached = run.outputs.get(index);
    if (cached !== undefined) return { output: cached, items: undefined };
    const output = await this.mapped(run, step, await this.singleOutput(run, index));
    if (output !== undefined) run.outputs.set(index, output);
    return { output, items: undefined };
  }

  private async singleOutput(run: CachedRun, index: number): Promise<Json | undefined> {
    const fresh = this.changes().itemUpdates.get(itemKey(run.facts.id, index, 0));
    if (fresh?.status === 'succeeded' && fresh.output?.json && !fresh.output.truncated) return JSON.parse(fresh.output.json) as Json;
    return succeededOutput((await this.storedItems(run, index))[0]);
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

/** What a failed attempt left behind is shown to people, but is no value for later steps. */
function succeededOutput(item: StoredItem | undefined): Json | undefined {
  return item?.status === 'succeeded' ? item.output : undefined;
}

function asJson(item: StoredItem): Json {
  return { index: item.item, target: item.target, status: item.status, input: item.inputs, output: item.output ?? null, failure: item.failure };
}
