import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ItemPageView, ListItemsQueryDto, ListRunsQueryDto, ProgressDto, ProposedRunView, RerunDto, RunEventView, RunPageView, RunQueryDto, RunView, RUN_EVENT_TYPES, StartedRunView, StartRunDto, TimelineView } from '@opsmesh/contracts';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, ProblemError, Scopes, type Principal } from '@opsmesh/platform';
import { isTerminalRun } from '@opsmesh/plan-model';
import type { Request, Response } from 'express';
import { RUN_APPROVALS, type ApprovedRuns, type AwaitingApproval, type Started } from '../approvals/ports.js';
import { EventStream } from './event-stream.js';
import { toCsv } from './items-csv.js';
import { QueryOf } from './query-of.js';
import { RUN_FEED, RUN_READER, type RunFeed, type RunReader } from './ports.js';
import { Answers } from './response-schemas.js';
import { RunCommands } from './run-commands.js';
import { listRuns } from './run-list.js';
import { RUN_TIMELINES, type RunTimelines } from './timeline.controller.js';

@ApiTags('runs')
@Controller('runs')
@UseGuards(ApiTokenGuard)
export class RunsController {
  @Inject(RUN_TIMELINES) private readonly timelines!: Pick<RunTimelines, 'timeline'>;

  constructor(@Inject(RunCommands) private readonly commands: RunCommands, @Inject(RUN_READER) private readonly reader: RunReader, @Inject(RUN_FEED) private readonly feed: RunFeed, @Inject(RUN_APPROVALS) private readonly approvals: ApprovedRuns) {}

  /** Compiles the plan and starts a run of it, or proposes it where the tenant's policy asks for people first. With the same `Idempotency-Key` the same run is given again. */
  @Post()
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiBody({ type: StartRunDto })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'at most 255 characters; a repeated request with it starts nothing' })
  @ApiAcceptedResponse({ type: StartedRunView, description: 'the run was stored and starts, or waits for people' })
  async start(@CurrentPrincipal() principal: Principal, @Body() body: StartRunDto, @Headers('idempotency-key') key: string | undefined, @Res({ passthrough: true }) response: Response): Promise<StartedRunView> {
    assertTenant(principal, body.tenant_id);
    return answer(await this.approvals.propose(principal, { plan: body.plan, inputs: body.inputs, origin: 'api', requestedBy: body.actor_id, idempotencyKey: checkedKey(key) }), response);
  }

  /** Runs, and what was proposed and is none, the newest first. */
  @Get()
  @QueryOf(ListRunsQueryDto)
  @Scopes('runs:read')
  @ApiOkResponse({ type: RunPageView })
  list(@CurrentPrincipal() principal: Principal, @Query() query: ListRunsQueryDto): Promise<RunPageView> {
    return listRuns({ reader: this.reader, approvals: this.approvals }, principal, query);
  }

  /** A run as it stands, or what was proposed. `view=timeline` gives what a Gantt chart needs: steps with their times, waves, retries and causes, pauses of the run, and the first page of its attempts as bars. */
  @Get(':id')
  @QueryOf(RunQueryDto)
  @Scopes('runs:read')
  @Answers(200, { 'application/json': [RunView, ProposedRunView, TimelineView] })
  get(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Query() { view, ...page }: RunQueryDto): Promise<RunView | ProposedRunView | TimelineView> {
    if (view === 'timeline') return this.timelines.timeline(principal.tenantId, id, page);
    return runOr(() => this.reader.getRun(principal.tenantId, id), () => this.approvals.find(principal, id));
  }

  /** The run's history, then what happens, as server-sent events. `Last-Event-ID` goes on after that event. */
  @Get(':id/events')
  @Scopes('runs:read')
  @ApiProduces('text/event-stream')
  @Answers(200, { 'text/event-stream': { events: { [RUN_EVENT_TYPES.join('|')]: RunEventView, progress: ProgressDto } } }, 'events `run.*`, `step.*`, `item.*` with ids, and `progress` without')
  @ApiNoContentResponse({ description: 'the end of the run was seen: do not come back' })
  async events(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const run = await runOr<RunView, never>(() => this.reader.getRun(principal.tenantId, id), () => this.refuseProposal(principal, id));
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
  @Answers(200, { 'application/json': ItemPageView, 'text/csv': 'text' })
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

  /** Nothing new starts; what runs is told to stop. What was proposed and waits for people is withdrawn: nobody can approve it any more. */
  @Post(':id/cancel')
  @HttpCode(202)
  @Scopes('runs:write')
  @Answers(202, { 'application/json': [RunView, ProposedRunView] })
  cancel(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView | ProposedRunView> {
    return runOr(() => this.commands.cancel(principal, id), () => this.approvals.withdraw(principal, id));
  }

  /** Nothing new starts until `resume`; what runs goes on. */
  @Post(':id/pause')
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiAcceptedResponse({ type: RunView })
  pause(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView> {
    return runOr<RunView, never>(() => this.commands.pause(principal, id), () => this.refuseProposal(principal, id));
  }

  /** A child run that repeats the failed, unknown, not started or numbered items of one step and everything after it, by the same plan or an edited one; proposed where people must agree first. */
  @Post(':id/rerun')
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiBody({ type: RerunDto })
  @ApiAcceptedResponse({ type: StartedRunView, description: 'the run was stored and starts, or waits for people' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'at most 255 characters; a repeated request with it starts nothing' })
  async rerun(@CurrentPrincipal() principal: Principal, @Param('id') id: string, @Body() body: RerunDto, @Req() request: Request): Promise<StartedRunView> {
    return answer(await this.approvals.rerun(principal, id, body, checkedKey(request.get('idempotency-key'))), request.res!);
  }

  @Post(':id/resume')
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiAcceptedResponse({ type: RunView })
  resume(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<RunView> {
    return runOr<RunView, never>(() => this.commands.resume(principal, id), () => this.refuseProposal(principal, id));
  }

  /** @throws ProblemError 409 `run-not-started` for what is only proposed */
  private async refuseProposal(principal: Principal, id: string): Promise<undefined> {
    const proposed = await this.approvals.find(principal, id);
    if (proposed) throw new ProblemError(409, 'run-not-started', `the run is ${proposed.status}: it has not started`);
    return undefined;
  }
}

/** What a run gives, or where there is none the proposal of that id; one that became a run in between is asked as a run again. */
async function runOr<T, U>(run: () => Promise<T>, proposal: () => Promise<U | undefined>): Promise<T | U> {
  try {
    return await run();
  } catch (e) {
    if (!(e instanceof ProblemError) || e.code !== 'run-not-found') throw e;
    return await proposal() ?? run();
  }
}

/** The query of the next page: the same but for the cursor. */
function following(request: Request<{ id: string; step: string }>, cursor: string): URLSearchParams {
  const query = new URLSearchParams(request.url.split('?')[1]);
  query.set('cursor', cursor);
  return query;
}

/** @throws ProblemError 422 `bad-idempotency-key` */
function checkedKey(key: string | undefined): string | null {
  if (key !== undefined && (key.length === 0 || key.length > 255)) throw new ProblemError(422, 'bad-idempotency-key', 'an idempotency key has 1 to 255 characters');
  return key ?? null;
}

function answer(run: Started | AwaitingApproval, response: Response): StartedRunView {
  response.setHeader('Location', `/runs/${run.runId}`);
  if (run.replayed) response.setHeader('Idempotent-Replayed', 'true');
  if (run.kind === 'started') return started({ id: run.runId, warnings: run.warnings });
  return { ...started({ id: run.runId, warnings: run.preview.warnings }), status: 'awaiting-approval', approval: run.approval };
}

function started({ id, warnings }: Pick<StartedRunView, 'id' | 'warnings'>): StartedRunView {
  return { id, status_url: `/runs/${id}`, events_url: `/runs/${id}/events`, warnings };
}
