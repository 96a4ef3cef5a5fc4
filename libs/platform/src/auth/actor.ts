import { ProblemError } from '../http/problem-error.js';
import { ANONYMOUS, type Principal } from './principal.js';

/** Whether nobody proved who they are, because authentication is off. No token has this actor. */
export function isAnonymous(principal: Principal): boolean {
  return principal.actorId === ANONYMOUS.actorId;
}

/**
 * Who acts: the token's actor, which a request may repeat but not replace. With authentication off it is the one that the request names.
 * @param named as the body or the query says it
 * @throws ProblemError 403 `actor-mismatch`
 */
export function actorOf(principal: Principal, named: string | undefined): string {
  if (isAnonymous(principal)) return named ?? principal.actorId;
  if (named !== undefined && named !== principal.actorId) throw new ProblemError(403, 'actor-mismatch', 'the actor that the request names is not the one of the token; leave it out');
  return principal.actorId;
}
