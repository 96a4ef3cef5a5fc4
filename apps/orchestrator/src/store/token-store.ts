import { createHash, randomBytes } from 'node:crypto';
import type { Principal, TokenVerifier } from '@opsmesh/platform';
import type { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';

/** What an API token may be allowed to do. */
export const SCOPES = ['runs:read', 'runs:write', 'tools:read', 'queues:read', 'metrics:read', 'assets:read', 'assets:write', 'credentials:write', 'templates:write', 'runs:approve', 'policies:write'] as const;

export interface NewToken {
  readonly name: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly scopes: readonly string[];
  /** Seconds until it expires. */
  readonly lifeSeconds: number;
}

export interface TokenFacts {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

const PREFIX = 'opsmesh_';

/** API tokens: 256 random bits, so a plain SHA-256 is all that needs to be kept of one. */
export class TokenStore implements TokenVerifier {
  constructor(private readonly pool: Pool) {}

  /** Makes a token. Its text is given once, here, and never again. */
  async create(token: NewToken): Promise<{ id: string; token: string; expiresAt: Date }> {
    const text = PREFIX + randomBytes(32).toString('base64url');
    const { rows } = await this.pool.query<{ id: string; expires_at: Date }>(
      `insert into orchestrator.api_tokens (id, sha256, name, tenant_id, actor_id, scopes, expires_at) values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second') returning id, expires_at`,
      [uuidv7(), hash(text), token.name, token.tenantId, token.actorId, token.scopes, token.lifeSeconds],
    );
    return { id: rows[0]!.id, token: text, expiresAt: rows[0]!.expires_at };
  }

  async verify(token: string): Promise<Principal | null> {
    if (!token.startsWith(PREFIX)) return null;
    const { rows } = await this.pool.query<{ tenant_id: string; actor_id: string; scopes: string[] }>({
      name: 'verify-token', text: 'select tenant_id, actor_id, scopes from orchestrator.api_tokens where sha256 = $1 and revoked_at is null and expires_at > now()', values: [hash(token)],
    });
    const found = rows[0];
    return found ? { tenantId: found.tenant_id, actorId: found.actor_id, scopes: found.scopes } : null;
  }

  async list(): Promise<TokenFacts[]> {
    const { rows } = await this.pool.query<{ id: string; name: string; tenant_id: string; actor_id: string; scopes: string[]; expires_at: Date; revoked_at: Date | null }>(
      'select id, name, tenant_id, actor_id, scopes, expires_at, revoked_at from orchestrator.api_tokens order by id',
    );
    return rows.map((r) => ({ id: r.id, name: r.name, tenantId: r.tenant_id, actorId: r.actor_id, scopes: r.scopes, expiresAt: r.expires_at, revokedAt: r.revoked_at }));
  }

  /** @returns whether there was such a token that was not revoked yet. */
  async revoke(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query('update orchestrator.api_tokens set revoked_at = now() where id = $1 and revoked_at is null', [id]);
    return rowCount === 1;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
