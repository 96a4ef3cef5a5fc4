import { Controller, Get, Header, Inject, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ApiTokenGuard, ProblemError, Scopes } from '@opsmesh/platform';

/** Checks of what the process needs; each throws when its part does not answer. */
export interface HealthChecks {
  postgres(): Promise<void>;
  redis(): Promise<void>;
}
export const HEALTH_CHECKS = Symbol('HEALTH_CHECKS');

/** Figures of the process in the Prometheus text format. */
export interface MetricsReader {
  text(): Promise<string>;
}
export const METRICS = Symbol('METRICS');

@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH_CHECKS) private readonly checks: HealthChecks, @Inject(METRICS) private readonly figures: MetricsReader) {}

  /** The process runs. */
  @Get('health/live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work: PostgreSQL and Redis answer. */
  @Get('health/ready')
  async ready(): Promise<{ status: 'ok' }> {
    const names = ['postgres', 'redis'] as const;
    const results = await Promise.allSettled(names.map((n) => this.checks[n]()));
    const down = names.filter((_, i) => results[i]!.status === 'rejected');
    if (down.length > 0) throw new ProblemError(503, 'not-ready', `${down.join(' and ')} ${down.length === 1 ? 'does' : 'do'} not answer`);
    return { status: 'ok' };
  }

  @Get('metrics')
  @UseGuards(ApiTokenGuard)
  @Scopes('metrics:read')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.figures.text();
  }
}
