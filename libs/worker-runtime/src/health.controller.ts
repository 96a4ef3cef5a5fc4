import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { WorkerMetrics } from './metrics.js';

/** What makes a worker process ready, by name. */
export type Readiness = () => Readonly<Record<string, boolean>>;

/** DI token of the {@link Readiness}. */
export const READINESS = Symbol('opsmesh.readiness');
/** DI token of the {@link WorkerMetrics}. */
export const METRICS = Symbol('opsmesh.metrics');

/** For those who run the process: alive, ready for work, figures. Open to everybody who can reach the port; it tells no business. */
@Controller()
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness, @Inject(METRICS) private readonly metrics: WorkerMetrics) {}

  @Get('health/live')
  live(): object {
    return { status: 'ok' };
  }

  @Get('health/ready')
  ready(@Res({ passthrough: true }) response: Response): object {
    const checks = this.readiness();
    const ok = Object.values(checks).every(Boolean);
    response.status(ok ? 200 : 503);
    return { status: ok ? 'ok' : 'unavailable', checks };
  }

  @Get('metrics')
  async figures(@Res() response: Response): Promise<void> {
    response.type(this.metrics.registry.contentType).send(await this.metrics.registry.metrics());
  }
}
