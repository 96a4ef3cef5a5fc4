import type { ItemView, ListItemsQueryDto, ListRunsQueryDto, Page, ProgressDto, RunEventView, RunSummary, RunView } from '@opsmesh/contracts';
import type { CatalogueTool, CompiledPlan, JsonObject, ToolCatalogue } from '@opsmesh/plan-model';

/** What the API reads of runs; every method but `eventsAfter` refuses runs of other tenants as if they were not there. */
export interface RunReader {
  listRuns(tenantId: string, query: ListRunsQueryDto): Promise<Page<RunSummary>>;
  getRun(tenantId: string, runId: string): Promise<RunView>;
  /** The compiled plan and the inputs of a run. */
  getPlan(tenantId: string, runId: string): Promise<{ plan: CompiledPlan; inputs: JsonObject }>;
  listItems(step: { tenantId: string; runId: string; stepId: string }, query: ListItemsQueryDto): Promise<Page<ItemView>>;
  /** For a run whose tenant was checked. */
  eventsAfter(runId: string, seq: number, limit: number): Promise<RunEventView[]>;
  findByIdempotencyKey(tenantId: string, key: string): Promise<{ id: string; requestSha256: string } | undefined>;
}
export const RUN_READER = Symbol('RUN_READER');

export interface CatalogueReader {
  current(): Promise<ToolCatalogue & { all(): CatalogueTool[] }>;
}
export const CATALOGUE = Symbol('CATALOGUE');

/** Wakes those who watch a run; a missed wake-up costs a second, nothing else. */
export interface RunFeed {
  /** @returns a function that ends the subscription. */
  watch(runId: string, listener: { grew(): void; progress(news: ProgressDto): void }): () => void;
}
export const RUN_FEED = Symbol('RUN_FEED');
