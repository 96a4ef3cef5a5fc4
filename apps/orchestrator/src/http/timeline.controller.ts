import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AttemptBarsView, ItemLogView, TimelineQueryDto, type TimelineView } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, ProblemError, Scopes, type Principal } from '@opsmesh/platform';
import { QueryOf } from './query-of.js';

/** What is read of a run to be drawn or looked into; runs of other tenants are not there. */
export interface RunTimelines {
  timeline(tenantId: string, runId: string, query: TimelineQueryDto): Promise<TimelineView>;
  attempts(tenantId: string, runId: string, query: TimelineQueryDto): Promise<AttemptBarsView>;
}
export const RUN_TIMELINES = Symbol('RUN_TIMELINES');

export interface ItemLogs {
  item(tenantId: string, item: { runId: string; stepId: string; item: number }): Promise<ItemLogView>;
}
export const ITEM_LOGS = Symbol('ITEM_LOGS');

@ApiTags('runs')
@Controller('runs/:id')
@UseGuards(ApiTokenGuard)
@Scopes('runs:read')
export class TimelineController {
  constructor(@Inject(RUN_TIMELINES) private readonly timelines: Pick<RunTimelines, 'attempts'>, @Inject(ITEM_LOGS) private readonly logs: ItemLogs) {}

  /** The attempts of a run as bars: those of its timeline that follow the first page. */
  @Get('attempts')
  @QueryOf(TimelineQueryDto)
  @ApiOkResponse({ type: AttemptBarsView })
  attempts(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Query() query: TimelineQueryDto): Promise<AttemptBarsView> {
    return this.timelines.attempts(principal.tenantId, runId, query);
  }

  /** Everything that was tried for one item: each attempt with its times, worker, outcome and output, and what people said of it. */
  @Get('steps/:step/items/:item')
  @ApiOkResponse({ type: ItemLogView })
  item(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('step') stepId: string, @Param('item') item: string): Promise<ItemLogView> {
    if (!/^\d{1,9}$/.test(item)) throw new ProblemError(404, 'item-not-found', `the step has no item ${item.slice(0, 16)}`);
    return this.logs.item(principal.tenantId, { runId, stepId, item: Number(item) });
  }
}
