import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ProblemError } from '../http/problem-error.js';

/** Who makes a request. The tenant of everything a request does is this one. */
export interface Principal {
  readonly tenantId: string;
  readonly actorId: string;
  /** For example `runs:write`; `*` stands for all. */
  readonly scopes: readonly string[];
}

/** Everybody, when `OPSMESH_AUTH=off`. */
export const ANONYMOUS: Principal = { tenantId: 'default', actorId: 'anonymous', scopes: ['*'] };

export function hasScope(principal: Principal, scope: string): boolean {
  return principal.scopes.includes('*') || principal.scopes.includes(scope);
}

/** Where {@link Scopes} keeps its list. */
export const SCOPES_METADATA = Symbol('opsmesh.scopes');

/** Scopes that a request to the controller or method needs, all of them. */
export const Scopes = (...scopes: string[]): MethodDecorator & ClassDecorator => SetMetadata(SCOPES_METADATA, scopes);

const principals = new WeakMap<Request, Principal>();

export function setPrincipal(request: Request, principal: Principal): void {
  principals.set(request, principal);
}

/** @throws Error when no ApiTokenGuard stood before the route: a fault of ours. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error(`${request.method} ${request.path} has no principal: put ApiTokenGuard before it`);
  return principal;
}

/** The {@link Principal} of the request, as a parameter of a controller's method. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => principalOf(context.switchToHttp().getRequest<Request>()));

/**
 * A body may repeat the tenant of its sender but not name another.
 * @throws ProblemError 403 `tenant-mismatch`
 */
export function assertTenant(principal: Principal, bodyTenant: string | undefined): void {
  if (bodyTenant !== undefined && bodyTenant !== principal.tenantId) {
    throw new ProblemError(403, 'tenant-mismatch', 'the tenant in the body is not the one of the token; leave it out or use the right token');
  }
}
