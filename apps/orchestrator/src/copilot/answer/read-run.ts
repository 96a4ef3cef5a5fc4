import type { ItemPageView, ItemView, RunView, TimelineStepView } from '@opsmesh/contracts';
import type { RunReader } from '../../http/ports.js';
import type { RunTimelines } from '../../http/timeline.controller.js';
import type { Principal } from '@opsmesh/platform';

/** What an answer is computed from. */
export interface RunRecordForAnswer {
  readonly run: RunView;
  readonly timeline: readonly TimelineStepView[];
  /** The items of the steps that were asked for, by step id; a step without `forEach` has one at most. */
  readonly items: ReadonlyMap<string, readonly ItemView[]>;
  /** Steps that run once for each element of a list. */
  readonly fannedOut: ReadonlySet<string>;
  /** Steps that run only when another one fails. */
  readonly guards: ReadonlySet<string>;
}

/** Items read of one step, at most; a table of more says that it is cut. */
export const MOST_ITEMS = 10_000;
const PAGE = 1000;

export interface RunSources {
  readonly reader: RunReader;
  readonly timelines: RunTimelines;
}

/** Reads a run with the items of some of its steps. */
export async function readRun({ reader, timelines }: RunSources, { tenantId }: Pick<Principal, 'tenantId'>, { runId, steps }: { readonly runId: string; readonly steps: readonly string[] }): Promise<RunRecordForAnswer> {
  const [run, timeline, { plan }] = await Promise.all([reader.getRun(tenantId, runId), timelines.timeline(tenantId, runId, { limit: 1 }), reader.getPlan(tenantId, runId)]);
  const items = new Map<string, readonly ItemView[]>();
  for (const id of new Set(steps)) {
    const step = run.steps.find((s) => s.id === id);
    if (step && step.total !== null && step.total > 0) items.set(id, await itemsOf(reader, { tenantId, runId, stepId: id }));
  }
  return { run, timeline: timeline.steps, items, fannedOut: new Set(plan.steps.filter((s) => s.forEach !== null).map((s) => s.id)), guards: new Set(plan.steps.filter((s) => s.guard).map((s) => s.id)) };
}

async function itemsOf(reader: RunReader, step: { tenantId: string; runId: string; stepId: string }): Promise<ItemView[]> {
  const all: ItemView[] = [];
  for (let cursor: string | null | undefined; cursor !== null && all.length < MOST_ITEMS;) {
    const page: ItemPageView = await reader.listItems(step, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    cursor = page.next;
  }
  return all;
}
