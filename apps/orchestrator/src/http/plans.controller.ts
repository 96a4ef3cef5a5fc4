import { Body, Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CompileRequestDto, type DiagnosticDto } from '@opsmesh/contracts';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { LIMITS, type CompiledPlan } from '@opsmesh/plan-model';
import { PlanCompiler } from './plan-compiler.js';
import { RunCommands } from './run-commands.js';

/** Answer to `POST /plans/compile`: `plan` is null when there is an error among the diagnostics. */
interface CompiledView { readonly ok: boolean; readonly diagnostics: readonly DiagnosticDto[]; readonly plan: CompiledPlan | null }

/** Answer to `POST /plans/preview`: what would run, in which order, at most how often. */
interface PreviewView {
  readonly strategy: string;
  readonly warnings: readonly DiagnosticDto[];
  readonly steps: readonly {
    readonly id: string; readonly tool: string; readonly toolVersion: string; readonly effect: string; readonly level: number; readonly dependsOn: readonly string[];
    /** Largest number of items: 1, or the limit of a fan-out whose list is not known before the run. */
    readonly mostItems: number;
    /** Largest number of attempts over all items. */
    readonly mostAttempts: number;
    readonly concurrency: number;
    /** Largest time of one attempt, in milliseconds. */
    readonly timeoutMs: number;
  }[];
}

@ApiTags('plans')
@Controller('plans')
@UseGuards(ApiTokenGuard)
export class PlansController {
  constructor(@Inject(PlanCompiler) private readonly compiler: PlanCompiler, @Inject(RunCommands) private readonly commands: RunCommands) {}

  /** Checks a plan against the tool catalogue and says everything that is wrong with it; starts nothing. */
  @Post('compile')
  @HttpCode(200)
  @Scopes('runs:read')
  async compile(@CurrentPrincipal() principal: Principal, @Body() body: CompileRequestDto): Promise<CompiledView> {
    assertTenant(principal, body.tenant_id);
    const { plan, diagnostics } = await this.compiler.compile(body.plan);
    const ok = plan !== null && !diagnostics.some((d) => d.severity === 'error');
    return { ok, diagnostics, plan: ok ? plan : null };
  }

  /** What a run of the plan would do, in bounds that hold whatever the inventory says. */
  @Post('preview')
  @HttpCode(200)
  @Scopes('runs:read')
  async preview(@CurrentPrincipal() principal: Principal, @Body() body: CompileRequestDto): Promise<PreviewView> {
    assertTenant(principal, body.tenant_id);
    const { plan, warnings } = await this.commands.compile(body.plan);
    return {
      strategy: plan.strategy, warnings,
      steps: plan.steps.filter((s) => s.kind === 'tool').map((s) => {
        const mostItems = s.forEach === null ? 1 : LIMITS.items;
        return {
          id: s.id, tool: s.tool, toolVersion: s.toolVersion, effect: s.effect, level: s.level, dependsOn: s.dependsOn.map((d) => plan.steps[d]!.id),
          mostItems, mostAttempts: mostItems * s.retry.maxAttempts, concurrency: s.map.concurrency, timeoutMs: s.timeoutMs,
        };
      }),
    };
  }
}
