import { Body, Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CompiledView, CompileRequestDto, PreviewView, StartRunDto } from '@opsmesh/contracts';
import { actorOf, ApiTokenGuard, assertTenant, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { RUN_APPROVALS, type RunApprovals } from '../approvals/ports.js';
import { PlanCompiler } from './plan-compiler.js';

@ApiTags('plans')
@Controller('plans')
@UseGuards(ApiTokenGuard)
export class PlansController {
  constructor(@Inject(PlanCompiler) private readonly compiler: PlanCompiler, @Inject(RUN_APPROVALS) private readonly approvals: RunApprovals) {}

  /** Checks a plan against the tool catalogue and says everything that is wrong with it; starts nothing. */
  @Post('compile')
  @HttpCode(200)
  @Scopes('runs:read')
  @ApiOkResponse({ type: CompiledView })
  async compile(@CurrentPrincipal() principal: Principal, @Body() body: CompileRequestDto): Promise<CompiledView> {
    assertTenant(principal, body.tenant_id);
    const { plan, diagnostics } = await this.compiler.compile(body.plan);
    const ok = plan !== null && !diagnostics.some((d) => d.severity === 'error');
    return { ok, diagnostics, plan: ok ? plan : null };
  }

  /** What a run would do now: targets from the live inventory, the exact commands, risk, bounds, and the manifest that an approval would be bound to. Starts nothing. */
  @Post('preview')
  @HttpCode(200)
  @Scopes('runs:write')
  @ApiOkResponse({ type: PreviewView })
  async preview(@CurrentPrincipal() principal: Principal, @Body() body: StartRunDto): Promise<PreviewView> {
    assertTenant(principal, body.tenant_id);
    actorOf(principal, body.actor_id);
    return this.approvals.preview(principal, body);
  }
}
