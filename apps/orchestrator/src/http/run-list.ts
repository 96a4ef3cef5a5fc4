import { DEFAULT_PAGE, RUN_STATUSES, type ListRunsQueryDto, type RunPageView } from '@opsmesh/contracts';
import type { Principal } from '@opsmesh/platform';
import type { ApprovedRuns } from '../approvals/ports.js';
import type { RunReader } from './ports.js';

const ALL: readonly string[] = RUN_STATUSES;

/** Runs and what was proposed and is none, the newest first. Both have their ids from one sequence of times. */
export async function listRuns({ reader, approvals }: { readonly reader: RunReader; readonly approvals: ApprovedRuns }, principal: Principal, query: ListRunsQueryDto): Promise<RunPageView> {
  const { status, limit = DEFAULT_PAGE } = query;
  // Proposals first: one that becomes a run in between is seen twice, never missed.
  const proposed = status === undefined || !ALL.includes(status) ? await approvals.list(principal, query) : EMPTY;
  const runs = status === undefined || ALL.includes(status) ? await reader.listRuns(principal.tenantId, query) : EMPTY;
  const known = new Set(runs.items.map((r) => r.id));
  const items = [...runs.items, ...proposed.items.filter((p) => !known.has(p.id))].sort((a, b) => (a.id < b.id ? 1 : -1));
  const hasMore = items.length > limit || runs.next !== null || proposed.next !== null;
  return { items: items.slice(0, limit), next: hasMore ? items[Math.min(limit, items.length) - 1]!.id : null };
}

const EMPTY: RunPageView = { items: [], next: null };
