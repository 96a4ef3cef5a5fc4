import { applyDecorators, Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { DecideApprovalDto, PatchStepDto, RepeatItemDto, ResolveItemDto, SignalDto, type ApprovalView, type RunView, type SignalView } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { RunControl, type ItemPlace } from './run-control.js';

type ItemParams = Record<'id' | 'step' | 'item', string>;
const ItemPath = (): MethodDecorator => applyDecorators(...['id', 'step', 'item'].map((name) => ApiParam({ name })));
const placeOf = ({ id, step, item }: ItemParams): ItemPlace => ({ runId: id, stepId: step, item });

@ApiTags('runs')
@Controller('runs/:id')
@UseGuards(ApiTokenGuard)
export class RunControlController {
  constructor(@Inject(RunControl) private readonly control: RunControl) {}

  /** Changes how a step fans out while it runs: concurrency, failure threshold, waves, rate. */
  @Patch('steps/:step')
  @Scopes('runs:write')
  patchStep(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('step') stepId: string, @Body() body: PatchStepDto): Promise<RunView> {
    return this.control.patchStep(principal, { runId, stepId }, body);
  }

  /** Says how an attempt of unknown outcome ended. */
  @Post('steps/:step/items/:item/resolve')
  @HttpCode(204)
  @Scopes('runs:write')
  @ItemPath()
  resolve(@CurrentPrincipal() principal: Principal, @Param() path: ItemParams, @Body() body: ResolveItemDto): Promise<void> {
    return this.control.resolve(principal, placeOf(path), body);
  }

  /** One more attempt of an item that failed or is unknown, while its step runs. */
  @Post('steps/:step/items/:item/repeat')
  @HttpCode(202)
  @Scopes('runs:write')
  @ItemPath()
  repeat(@CurrentPrincipal() principal: Principal, @Param() path: ItemParams, @Body() body: RepeatItemDto): Promise<void> {
    return this.control.repeat(principal, placeOf(path), body);
  }

  /** Ends the wait of the steps that wait for the signal; with none it is kept for the next. */
  @Post('signals/:name')
  @HttpCode(202)
  @Scopes('runs:write')
  signal(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('name') name: string, @Body() body: SignalDto): Promise<SignalView> {
    return this.control.signal(principal, { runId, name }, body);
  }

  /** The questions that the run asks people, and what they decided. */
  @Get('approvals')
  @Scopes('runs:read')
  approvals(@CurrentPrincipal() principal: Principal, @Param('id') runId: string): Promise<ApprovalView[]> {
    return this.control.approvals(principal, runId);
  }

  /** One person's decision. The run goes on at once when enough have approved; one rejection ends the question. */
  @Post('approvals/:approval')
  @HttpCode(200)
  @Scopes('runs:approve')
  decide(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('approval') approval: string, @Body() body: DecideApprovalDto): Promise<ApprovalView> {
    return this.control.decide(principal, { runId, approval }, body);
  }
}

@ApiTags('approvals')
@Controller('approvals')
@UseGuards(ApiTokenGuard)
export class ApprovalsController {
  constructor(@Inject(RunControl) private readonly control: RunControl) {}

  /** Every question of the tenant that waits for people, oldest first. */
  @Get()
  @Scopes('runs:read')
  @ApiOkResponse({ description: 'at most 200' })
  open(@CurrentPrincipal() principal: Principal): Promise<ApprovalView[]> {
    return this.control.openApprovals(principal);
  }
}
