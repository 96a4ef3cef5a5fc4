import { Inject, Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { ProcessConfig } from '../config/process-config.js';
import { ProblemError } from '../http/problem-error.js';
import type { Keys } from '../keys/keys.js';
import { TokenRefused } from '../keys/token-refused.js';
import { KEYS, PROCESS_CONFIG } from '../platform-tokens.js';
import { bearerToken } from './bearer.js';

const callers = new WeakMap<Request, string>();

const CALLERS_METADATA = Symbol('opsmesh.callers');

/** The services that may call the controller or method; without it, all of ours. What stands at a method replaces what stands at its controller. */
export const OnlyFrom = (...services: string[]): MethodDecorator & ClassDecorator => SetMetadata(CALLERS_METADATA, services);

/**
 * Lets only our own services in (`/internal/*`): a service token whose audience is this service. Always on, whatever `OPSMESH_AUTH` says. Problems: 401 `unauthenticated`, 403 `forbidden` where {@link OnlyFrom} names others.
 * All services sign with one key, so a name keeps services apart that are what they should be, not one that was taken over.
 */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(@Inject(KEYS) private readonly keys: Keys, @Inject(PROCESS_CONFIG) private readonly config: Pick<ProcessConfig, 'service'>, @Inject(Reflector) private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const token = bearerToken(request);
    if (!token) throw new ProblemError(401, 'unauthenticated', 'a service token is needed');
    const service = await this.verified(token);
    const allowed = this.reflector.getAllAndOverride<string[] | undefined>(CALLERS_METADATA, [context.getHandler(), context.getClass()]);
    if (allowed && !allowed.includes(service)) throw new ProblemError(403, 'forbidden', `only ${allowed.join(', ')} may call this, not ${service}`);
    callers.set(request, service);
    return true;
  }

  private async verified(token: string): Promise<string> {
    try {
      return (await this.keys.verifyServiceToken(token, this.config.service)).service;
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
