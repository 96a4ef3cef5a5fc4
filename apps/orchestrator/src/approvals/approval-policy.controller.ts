import { Body, Controller, Get, Inject, Put, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApprovalPolicyDto, ApprovalPolicyView } from '@opsmesh/contracts';
import { ApiTokenGuard, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { PolicyStore } from './policy-store.js';

@ApiTags('approvals')
@Controller('approval-policy')
@UseGuards(ApiTokenGuard)
export class ApprovalPolicyController {
  constructor(@Inject(PolicyStore) private readonly policies: PolicyStore) {}

  /** Which runs of the tenant wait for people. */
  @Get()
  @Scopes('runs:read')
  @ApiOkResponse({ type: ApprovalPolicyView })
  get(@CurrentPrincipal() principal: Principal): Promise<ApprovalPolicyView> {
    return this.policies.current(principal.tenantId);
  }

  /** Replaces the policy; proposals that wait are asked for as they were. */
  @Put()
  @Scopes('policies:write')
  @ApiBody({ type: ApprovalPolicyDto })
  @ApiOkResponse({ type: ApprovalPolicyView })
  set(@CurrentPrincipal() principal: Principal, @Body() policy: ApprovalPolicyDto): Promise<ApprovalPolicyView> {
    return this.policies.set(principal.tenantId, policy, principal.actorId);
  }
}
