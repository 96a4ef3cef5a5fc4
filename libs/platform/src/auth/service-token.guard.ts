import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { ProcessConfig } from '../config/process-config.js';
import { ProblemError } from '../http/problem-error.js';
import type { Keys } from '../keys/keys.js';
import { TokenRefused } from '../keys/token-refused.js';
import { KEYS, PROCESS_CONFIG } from '../platform-tokens.js';
import { bearerToken } from './bearer.js';

const callers = new WeakMap<Request, string>();

/** Lets only our own services in (`/internal/*`): a service token whose audience is this service. Always on, whatever `OPSMESH_AUTH` says. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(@Inject(KEYS) private readonly keys: Keys, @Inject(PROCESS_CONFIG) private readonly config: Pick<ProcessConfig, 'service'>) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const token = bearerToken(request);
    if (!token) throw new ProblemError(401, 'unauthenticated', 'a service token is needed');
    try {
      callers.set(request, (await this.keys.verifyServiceToken(token, this.config.service)).service);
      return true;
    } catch (e) {
      if (e instanceof TokenRefused) throw new ProblemError(401, 'unauthenticated', 'the service token is not valid: do both services use the same service.key, and are their clocks right?', { cause: e });
      throw e;
    }
  }
}

/** Name of the service that called, behind a {@link ServiceTokenGuard}. */
export function callingService(request: Request): string | undefined {
  return callers.get(request);
}
