import { Inject, Injectable } from '@nestjs/common';
import type { GrantClaims, LeaseAnswerDto, LeaseRequestDto } from '@opsmesh/contracts';
import { KEYS, LOGGER, ProblemError, TokenRefused, type Keys, type Logger } from '@opsmesh/platform';
import { uuidv7 } from 'uuidv7';
import { DATABASE, type Database, type Executor } from '../database/database.js';
import { leaseAudit, usedGrants } from '../database/schema.js';
import { EnvelopeBroken } from './envelope.js';
import { readWorkerKey, sealTo, type WorkerKey } from './sealed-lease.js';
import { VaultService } from './vault.service.js';

/** A grant whose signature holds, and the worker's key that it names. */
interface Lease {
  readonly claims: GrantClaims;
  readonly key: WorkerKey;
  readonly credentialId: string;
}

/**
 * Exchanges a grant for its credentials, each once.
 * 1. Only a grant that the orchestrator signed, that has not expired and that names the worker's key gets anything.
 * 2. Grant and credential are marked as used in the transaction that reads the credential: of parallel requests one gets it.
 * 3. The answer is made before that transaction commits and sent after: no secret leaves without its mark.
 * 4. Every exchange of a genuine grant, also a refused one, leaves a row in lease_audit.
 */
@Injectable()
export class LeaseService {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(VaultService) private readonly vault: VaultService,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** @throws ProblemError 403 `grant-invalid` or `grant-expired`, 409 `grant-used`, 404 or 422 `credential-unavailable` */
  async lease(request: LeaseRequestDto): Promise<LeaseAnswerDto> {
    const { credentialId } = request;
    const claims = await this.verified(request.grant);
    try {
      const key = await readWorkerKey(request.publicKey);
      if (!key) throw invalid('the public key is no X25519 JWK');
      if (key.thumbprint !== claims.keyThumbprint) throw invalid('the grant names another key');
      const sealed = await this.db.transaction((tx) => this.exchange(tx, { claims, key, credentialId }));
      this.log.info({ ...who(claims), credentialId, outcome: 'granted' }, 'lease');
      return { sealed };
    } catch (e) {
      if (e instanceof ProblemError) await this.auditRefusal({ claims, credentialId }, e);
      throw e;
    }
  }

  private async verified(grant: string): Promise<GrantClaims> {
    try {
      return await this.keys.verifyGrant(grant);
    } catch (e) {
      if (!(e instanceof TokenRefused)) throw e;
      const code = isExpired(e) ? 'grant-expired' : 'grant-invalid';
      this.log.warn({ code }, 'lease refused');
      throw new ProblemError(403, code, e.message, { cause: e });
    }
  }

  private async exchange(tx: Executor, { claims, key, credentialId }: Lease): Promise<string> {
    if (!claims.credentialIds.includes(credentialId)) throw invalid('the grant does not name this credential');
    const marked = await tx.insert(usedGrants).values({ jti: claims.jti, credentialId, expiresAt: new Date(claims.exp * 1000) }).onConflictDoNothing().returning({ jti: usedGrants.jti });
    if (marked.length === 0) throw new ProblemError(409, 'grant-used', 'the grant was exchanged for this credential before');
    const found = await this.opened(tx, claims.tenant, credentialId);
    if (found.assetId !== null && ![...claims.targets, ...claims.via].includes(found.assetId)) throw invalid('the credential belongs to another asset than the targets and jump hosts of the grant');
    // Waiting for a parallel exchange takes time.
    if (claims.exp * 1000 <= Date.now()) throw new ProblemError(403, 'grant-expired', 'the grant has expired');
    await this.audit(tx, claims, { credentialId, outcome: 'granted', credentialVersion: found.version });
    return sealTo(key, found.credential);
  }

  private async opened(tx: Executor, tenantId: string, credentialId: string): Promise<NonNullable<Awaited<ReturnType<VaultService['open']>>>> {
    try {
      const found = await this.vault.open(tx, tenantId, credentialId);
      if (!found) throw new ProblemError(404, 'credential-unavailable', 'the credential is not there (any more)');
      return found;
    } catch (e) {
      if (!(e instanceof EnvelopeBroken)) throw e;
      this.log.error({ tenantId, credentialId }, 'a credential does not open: its row was changed or sealed by another vault key');
      throw new ProblemError(422, 'credential-unavailable', 'the credential does not open; the log of asset-service says more', { cause: e });
    }
  }

  private async auditRefusal({ claims, credentialId }: Omit<Lease, 'key'>, problem: ProblemError): Promise<void> {
    this.log.warn({ ...who(claims), credentialId, outcome: problem.code }, 'lease');
    try {
      await this.audit(this.db, claims, { credentialId, outcome: problem.code, credentialVersion: null });
    } catch (err) {
      // The refusal stands whether or not it could be written down.
      this.log.error({ err }, 'a refused lease could not be recorded');
    }
  }

  private async audit(db: Executor, claims: GrantClaims, what: { credentialId: string; outcome: string; credentialVersion: number | null }): Promise<void> {
    await db.insert(leaseAudit).values({ id: uuidv7(), ...who(claims), ...what });
  }
}

/** Who asked. The grant's id is the attempt's. */
function who(claims: GrantClaims): { tenantId: string; workerId: string; attemptId: string; tool: string } {
  return { tenantId: claims.tenant, workerId: claims.worker, attemptId: claims.attempt, tool: claims.tool };
}

function invalid(detail: string): ProblemError {
  return new ProblemError(403, 'grant-invalid', detail);
}

function isExpired(refused: TokenRefused): boolean {
  return (refused.cause as { code?: unknown } | undefined)?.code === 'ERR_JWT_EXPIRED';
}
