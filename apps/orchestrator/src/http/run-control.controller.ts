import { applyDecorators, Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOkResponse, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ApprovalView, DecideApprovalDto, ListApprovalsQueryDto, ManifestView, PatchStepDto, PlanApprovalView, RepeatItemDto, ResolveItemDto, RunView, SignalDto, SignalView } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { RUN_APPROVALS, type ApprovedRuns } from '../approvals/ports.js';
import { listOpenQuestions, type OpenApprovalsPage } from './open-questions.js';
import { QueryOf } from './query-of.js';
import { Answers } from './response-schemas.js';
import { RunControl, type ItemPlace } from './run-control.js';

type ItemParams = Record<'id' | 'step' | 'item', string>;
const ItemPath = (): MethodDecorator => applyDecorators(...['id', 'step', 'item'].map((name) => ApiParam({ name })));
const placeOf = ({ id, step, item }: ItemParams): ItemPlace => ({ runId: id, stepId: step, item });

@ApiTags('runs')
@Controller('runs/:id')
@UseGuards(ApiTokenGuard)
export class RunControlController {
  constructor(@Inject(RunControl) private readonly control: RunControl, @Inject(RUN_APPROVALS) private readonly planApprovals: ApprovedRuns) {}

  /** Changes how a step fans out while it runs: concurrency, failure threshold, waves, rate. */
  @Patch('steps/:step')
  @Scopes('runs:write')
  @ApiOkResponse({ type: RunView })
  patchStep(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('step') stepId: string, @Body() body: PatchStepDto): Promise<RunView> {
    return this.control.patchStep(principal, { runId, stepId }, body);
  }

  /** Says how an attempt of unknown outcome ended. */
  @Post('steps/:step/items/:item/resolve')
  @HttpCode(204)
  @Scopes('runs:write')
  @ItemPath()
  @ApiNoContentResponse()
  resolve(@CurrentPrincipal() principal: Principal, @Param() path: ItemParams, @Body() body: ResolveItemDto): Promise<void> {
    return this.control.resolve(principal, placeOf(path), body);
  }

  /** One more attempt of an item that failed or is unknown, while its step runs. */
  @Post('steps/:step/items/:item/repeat')
  @HttpCode(204)
  @Scopes('runs:write')
  @ItemPath()
  @ApiNoContentResponse()
  repeat(@CurrentPrincipal() principal: Principal, @Param() path: ItemParams, @Body() body: RepeatItemDto): Promise<void> {
    return this.control.repeat(principal, placeOf(path), body);
  }

  /** Ends the wait of the steps that wait for the signal; with none it is kept for the next. */
  @Post('signals/:name')
  @HttpCode(202)
  @Scopes('runs:write')
  @ApiAcceptedResponse({ type: SignalView })
  signal(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('name') name: string, @Body() body: SignalDto): Promise<SignalView> {
    return this.control.signal(principal, { runId, name }, body);
  }

  /** The questions that the run asks people, and what they decided. */
  @Get('approvals')
  @Scopes('runs:read')
  @Answers(200, { 'application/json': { listOf: [ApprovalView, PlanApprovalView] } })
  async approvals(@CurrentPrincipal() principal: Principal, @Param('id') runId: string): Promise<(ApprovalView | PlanApprovalView)[]> {
    const before = await this.planApprovals.ofRun(principal, runId);
    if (await this.planApprovals.find(principal, runId)) return before;
    return [...before, ...await this.control.approvals(principal, runId)];
  }

  /** What was, or is to be, approved: exactly what may run. `approval` names one of the questions. */
  @Get('manifest')
  @Scopes('runs:read')
  @ApiQuery({ name: 'approval', required: false, description: 'for example `plan` or `added-1`; left out: what binds the run' })
  @ApiOkResponse({ type: ManifestView })
  manifest(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Query('approval') approval?: string): Promise<ManifestView> {
    return this.planApprovals.manifest(principal, runId, approval);
  }

  /** One person's decision, of a step's question (`<step>.<item>`) or about a proposed run (`plan`, with `manifest_sha256`). The run goes on at once when enough have approved; one rejection ends the question. */
  @Post('approvals/:approval')
  @HttpCode(200)
  @Scopes('runs:approve')
  @Answers(200, { 'application/json': [ApprovalView, PlanApprovalView] })
  async decide(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('approval') approval: string, @Body() body: DecideApprovalDto): Promise<ApprovalView | PlanApprovalView> {
    if (/^(plan|added-\d+)$/.test(approval)) {
      const { decision, manifest_sha256: manifestSha256, typed_text: typedText, comment, actor_id: actorId } = body;
      return (await this.planApprovals.decide(principal, { runId, approval, decision, manifestSha256, typedText, comment, actorId })).approval;
    }
    return this.control.decide(principal, { runId, approval }, body);
  }
}

@ApiTags('approvals')
@Controller('approvals')
@UseGuards(ApiTokenGuard)
export class ApprovalsController {
  constructor(@Inject(RunControl) private readonly control: RunControl, @Inject(RUN_APPROVALS) private readonly planApprovals: ApprovedRuns) {}

  /** Every question of the tenant that waits for people, oldest first: about runs that were proposed (`kind` `plan`) and of steps (`step`). */
  @Get()
  @QueryOf(ListApprovalsQueryDto)
  @Scopes('runs:read')
  @Answers(200, { 'application/json': { pageOf: [ApprovalView, PlanApprovalView] } })
  open(@CurrentPrincipal() principal: Principal, @Query() query: ListApprovalsQueryDto): Promise<OpenApprovalsPage> {
    return listOpenQuestions({ plans: (wanted) => this.planApprovals.open(principal, wanted), steps: (wanted) => this.control.openApprovals(principal, wanted) }, query);
  }
}
