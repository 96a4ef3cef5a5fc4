import { createHash } from 'node:crypto';
import { ServiceClient } from '../http/service-client.js';
import { ProblemError } from '../http/problem-error.js';
import type { Principal } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';

/** How long an answer is kept, in milliseconds: a revoked token may work for that long. */
const KEPT_MS = 10_000;
/** Answers that are kept at most. */
const KEPT = 1000;

/** Asks the orchestrator whose token it is (`POST /internal/tokens/introspect`, answer: a principal or null). Answers are cached by the token's SHA-256. */
export class RemoteTokenVerifier implements TokenVerifier {
  private readonly answers = new Map<string, { until: number; principal: Promise<Principal | null> }>();

  constructor(private readonly orchestrator: ServiceClient) {}

  verify(token: string): Promise<Principal | null> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.answers.get(key);
    if (known && known.until > Date.now()) return known.principal;
    const principal = this.ask(token);
    this.answers.delete(key);
    if (this.answers.size >= KEPT) this.answers.delete(this.answers.keys().next().value!);
    this.answers.set(key, { until: Date.now() + KEPT_MS, principal });
    principal.catch(() => this.answers.delete(key));
    return principal;
  }

  private async ask(token: string): Promise<Principal | null> {
    const answer = await this.orchestrator.call('POST', '/internal/tokens/introspect', { body: { token } });
    if (answer === null || answer === undefined) return null;
    if (!isPrincipal(answer)) throw new ProblemError(503, 'service-unavailable', 'the orchestrator gave an answer about the token that could not be read');
    return { tenantId: answer.tenantId, actorId: answer.actorId, scopes: answer.scopes };
  }
}

function isPrincipal(value: unknown): value is Principal {
  const p = value as Partial<Principal> | null;
  return typeof p === 'object' && p !== null && typeof p.tenantId === 'string' && typeof p.actorId === 'string' && Array.isArray(p.scopes) && p.scopes.every((s) => typeof s === 'string');
}
