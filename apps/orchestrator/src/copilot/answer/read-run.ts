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
  /** Steps of which only the first items were read. */
  readonly cut: ReadonlySet<string>;
  /** Steps that run once for each element of a list. */
  readonly fannedOut: ReadonlySet<string>;
  /** Steps that run only when another one fails. */
  readonly guards: ReadonlySet<string>;
}

const PAGE = 1000;
/** Pages read of one step, at most; a table of more says that it is cut. A page has {@link PAGE} items, or fewer where they are large. */
const MOST_PAGES = 10;

export interface RunSources {
  readonly reader: RunReader;
  readonly timelines: RunTimelines;
}

/** Reads a run with the items of some of its steps. */
export async function readRun({ reader, timelines }: RunSources, { tenantId }: Pick<Principal, 'tenantId'>, { runId, steps }: { readonly runId: string; readonly steps: readonly string[] }): Promise<RunRecordForAnswer> {
  const [run, timeline, { plan }] = await Promise.all([reader.getRun(tenantId, runId), timelines.timeline(tenantId, runId, { limit: 1 }), reader.getPlan(tenantId, runId)]);
  const items = new Map<string, readonly ItemView[]>();
  const cut = new Set<string>();
  for (const id of new Set(steps)) {
    const step = run.steps.find((s) => s.id === id);
    if (!step || step.total === null || step.total === 0) continue;
    const first = await firstItems(reader, { tenantId, runId, stepId: id });
    items.set(id, first.items);
    if (first.isCut) cut.add(id);
  }
  return { run, timeline: timeline.steps, items, cut, fannedOut: new Set(plan.steps.filter((s) => s.forEach !== null).map((s) => s.id)), guards: new Set(plan.steps.filter((s) => s.guard).map((s) => s.id)) };
}

async function firstItems(reader: RunReader, step: { tenantId: string; runId: string; stepId: string }): Promise<{ items: ItemView[]; isCut: boolean }> {
  const items: ItemView[] = [];
  let next: string | null = null;
  for (let pages = 0; pages === 0 || (next !== null && pages < MOST_PAGES); pages++) {
    const page: ItemPageView = await reader.listItems(step, { limit: PAGE, ...(next === null ? {} : { cursor: next }) });
    items.push(...page.items);
    ({ next } = page);
  }
  return { items, isCut: next !== null };
}
