import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { DecisionListView } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { DecisionStore } from './decision-store.js';

@ApiTags('runs')
@Controller('runs/:id/decisions')
@UseGuards(ApiTokenGuard)
export class DecisionsController {
  constructor(@Inject(DecisionStore) private readonly decisions: DecisionStore) {}

  /** What a model was asked to decide in the run, what was chosen and why, and what it used. */
  @Get()
  @Scopes('runs:read')
  @ApiOkResponse({ type: DecisionListView })
  list(@CurrentPrincipal() principal: Principal, @Param('id') runId: string): Promise<DecisionListView> {
    return this.decisions.ofRun(principal.tenantId, runId);
  }
}
