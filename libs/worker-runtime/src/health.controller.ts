import { Controller, Get, Inject, Res, UseGuards } from '@nestjs/common';
import { ApiTokenGuard, ProblemError, Scopes } from '@opsmesh/platform';
import type { Response } from 'express';
import type { WorkerMetrics } from './metrics.js';

/** What keeps a worker process from work, in words; nothing when it is ready. */
export type Readiness = () => readonly string[];

/** DI token of the {@link Readiness}. */
export const READINESS = Symbol('opsmesh.readiness');
/** DI token of the {@link WorkerMetrics}. */
export const METRICS = Symbol('opsmesh.metrics');

/** For those who run the process, with the same answers as the orchestrator's. Health is open to everybody who can reach the port; figures name tools and need the scope `metrics:read`. */
@Controller()
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness, @Inject(METRICS) private readonly metrics: WorkerMetrics) {}

  @Get('health/live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('health/ready')
  ready(): { status: 'ok' } {
    const obstacles = this.readiness();
    if (obstacles.length > 0) throw new ProblemError(503, 'not-ready', obstacles.join(' and '));
    return { status: 'ok' };
  }

  @Get('metrics')
  @UseGuards(ApiTokenGuard)
  @Scopes('metrics:read')
  async figures(@Res() response: Response): Promise<void> {
    response.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}
