import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ListItemsQueryDto, ListRunsQueryDto, RerunDto, StartRunDto, type DiagnosticDto, type Page, type PlanApprovalView, type ProposedRunView, type RunSummary, type RunView } from '@opsmesh/contracts';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, ProblemError, Scopes, type Principal } from '@opsmesh/platform';
import { isTerminalRun } from '@opsmesh/plan-model';
import type { Request, Response } from 'express';
import { RUN_APPROVALS, type ApprovedRuns } from '../approvals/ports.js';
import { EventStream } from './event-stream.js';
import { toCsv } from './items-csv.js';
import { QueryOf } from './query-of.js';
import { RUN_FEED, RUN_READER, type RunFeed, type RunReader } from './ports.js';
import { RunCommands } from './run-commands.js';

/** Answer to `POST /runs`. */
interface StartedView {
  readonly id: string; readonly status_url: string; readonly events_url: string; readonly warnings: readonly DiagnosticDto[];
  /** Only where people must agree before the run begins; then with the question that they are asked. */
  readonly status?: 'awaiting-approval';
  readonly approval?: PlanApprovalView;
}

@ApiTags('runs')
@Controller('runs')
@UseGuards(ApiTokenGuard)
export class RunsController {
  constructor(@Inject(RunCommands) private readonly commands: RunCommands, @Inject(RUN_READER) private readonly reader: RunReader, @Inject(RUN_FEED) private readonly feed: RunFeed, @Inject(RUN_APPROVALS) private readonly approvals: ApprovedRuns) {}

  /** Compiles the plan and starts a run of it, or proposes it where the tenant's policy asks for people first. With the same `Idempotency-Key` the same run is given again. */
  @Post()
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiBody({ type: StartRunDto })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'at most 255 characters; a repeated request with it starts nothing' })
  @ApiAcceptedResponse({ description: 'the run was stored and starts' })
  async start(@CurrentPrincipal() principal: Principal, @Body() body: StartRunDto, @Headers('idempotency-key') key: string | undefined, @Res({ passthrough: true }) response: Response): Promise<StartedView> {
    assertTenant(principal, body.tenant_id);
    if (key !== undefined && (key.length === 0 || key.length > 255)) throw new ProblemError(422, 'bad-idempotency-key', 'an idempotency key has 1 to 255 characters');
    const run = await this.approvals.propose(principal, { plan: body.plan, inputs: body.inputs, origin: 'api', requestedBy: body.actor_id ?? principal.actorId, idempotencyKey: key ?? null });
    response.setHeader('Location', `/runs/${run.runId}`);
    if (run.replayed) response.setHeader('Idempotent-Replayed', 'true');
    if (run.kind === 'started') return started({ id: run.runId, warnings: run.warnings });
    return { ...started({ id: run.runId, warnings: run.preview.warnings }), status: 'awaiting-approval', approval: run.approval };
  }

  @Get()
  @QueryOf(ListRunsQueryDto)
  @Scopes('runs:read')
  list(@CurrentPrincipal() principal: Principal, @Query() query: ListRunsQueryDto): Promise<Page<RunSummary>> {
    return this.reader.listRuns(principal.tenantId, query);
  }

  @Get(':id')
  @Scopes('runs:read')
  async get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView | ProposedRunView> {
    try {
      return await this.reader.getRun(principal.tenantId, id);
    } catch (e) {
      const proposed = e instanceof ProblemError && e.code === 'run-not-found' ? await this.approvals.find(principal, id) : undefined;
      if (proposed) return proposed;
      throw e;
    }
  }

  /** The run's history, then what happens, as server-sent events. `Last-Event-ID` goes on after that event. */
  @Get(':id/events')
  @Scopes('runs:read')
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: 'events `run.*`, `step.*`, `item.*` with ids, and `progress` without' })
  async events(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const run = await this.reader.getRun(principal.tenantId, id);
    // A client that has seen the end of the run must not come back (HTML, server-sent events: 204 stops reconnecting).
    if (isTerminalRun(run.status) && Number(request.headers['last-event-id'] ?? 0) >= run.lastEvent) {
      response.status(204).end();
      return;
    }
    await new EventStream({ runId: run.id, reader: this.reader, feed: this.feed, request, response }).run();
  }

  /** One row an item. `Accept: text/csv` gives the same as a table; an output that is a list of rows has a line for each. */
  @Get(':id/steps/:step/items')
  @QueryOf(ListItemsQueryDto)
  @Scopes('runs:read')
  @ApiParam({ name: 'id' })
  @ApiParam({ name: 'step' })
  @ApiProduces('application/json', 'text/csv')
  async items(@CurrentPrincipal() principal: Principal, @Query() query: ListItemsQueryDto, @Req() request: Request<{ id: string; step: string }>, @Res() response: Response): Promise<void> {
    const { id, step } = request.params;
    const page = await this.reader.listItems({ tenantId: principal.tenantId, runId: id, stepId: step }, query);
    if (request.accepts(['application/json', 'text/csv']) === 'text/csv') {
      if (page.next) response.setHeader('Link', `<?${following(request, page.next)}>; rel="next"`);
      response.type('text/csv').send(toCsv(page.items));
    } else {
      response.json(page);
    }
  }

  /** Nothing new starts; what runs is told to stop. */
  @Post(':id/cancel')
  @HttpCode(202)
  @Scopes('runs:write')
  cancel(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView> {
    return this.commands.cancel(principal, id);
  }

  /** Nothing new starts until `resume`; what runs goes on. */
  @Post(':id/pause')
  @HttpCode(202)
  @Scopes('runs:write')
  pause(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView> {
    return this.commands.pause(principal, id);
  }

  /** A child run that repeats the failed, unknown or not started items of one step, and everything after it. */
  @Post(':id/rerun')
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiBody({ type: RerunDto })
  async rerun(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Body() body: RerunDto): Promise<StartedView> {
    const { plan } = await this.reader.getPlan(principal.tenantId, id);
    return started(await this.commands.rerun(principal, id, body, await this.approvals.manifestForRerun(principal, id, plan)));
  }

  @Post(':id/resume')
  @HttpCode(202)
  @Scopes('runs:write')
  resume(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView> {
    return this.commands.resume(principal, id);
  }
}

/** The query of the next page: the same but for the cursor. */
function following(request: Request<{ id: string; step: string }>, cursor: string): URLSearchParams {
  const query = new URLSearchParams(request.url.split('?')[1]);
  query.set('cursor', cursor);
  return query;
}

function started({ id, warnings }: Pick<StartedView, 'id' | 'warnings'>): StartedView {
  return { id, status_url: `/runs/${id}`, events_url: `/runs/${id}/events`, warnings };
}
