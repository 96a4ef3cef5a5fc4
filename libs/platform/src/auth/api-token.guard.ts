import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ProblemError } from '../http/problem-error.js';
import { PROCESS_CONFIG } from '../platform-tokens.js';
import type { ProcessConfig } from '../config/process-config.js';
import { bearerToken } from './bearer.js';
import { ANONYMOUS, hasScope, SCOPES_METADATA, setPrincipal, type Principal } from './principal.js';
import { TOKEN_VERIFIER, type TokenVerifier } from './token-verifier.js';

/** Lets a request in by its API token and attaches its {@link Principal}. Problems: 401 `unauthenticated`, 403 `forbidden`. With auth off everybody is {@link ANONYMOUS}. */
@Injectable()
export class ApiTokenGuard implements CanActivate {
  constructor(@Inject(PROCESS_CONFIG) private readonly config: Pick<ProcessConfig, 'auth'>, @Inject(Reflector) private readonly reflector: Reflector, @Inject(ModuleRef) private readonly modules: ModuleRef) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const principal = this.config.auth === 'off' ? ANONYMOUS : await this.authenticate(request);
    const needed = this.reflector.getAllAndMerge<string[]>(SCOPES_METADATA, [context.getHandler(), context.getClass()]);
    const missing = needed.filter((s) => !hasScope(principal, s));
    if (missing.length > 0) throw new ProblemError(403, 'forbidden', `the token lacks the scope ${missing.join(', ')}`);
    setPrincipal(request, principal);
    return true;
  }

  private async authenticate(request: Request): Promise<Principal> {
    const token = bearerToken(request);
    if (!token) throw new ProblemError(401, 'unauthenticated', 'send an API token as Authorization: Bearer <token>');
    // The verifier may live in any module: a guard belongs to the module of the controller it stands before.
    const principal = await this.modules.get<TokenVerifier>(TOKEN_VERIFIER, { strict: false }).verify(token);
    if (!principal) throw new ProblemError(401, 'unauthenticated', 'the API token is unknown, revoked or expired');
    return principal;
  }
}
