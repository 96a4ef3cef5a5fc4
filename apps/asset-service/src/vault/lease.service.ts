import { Inject, Injectable } from '@nestjs/common';
import type { GrantClaims, LeaseAnswerDto, LeaseRequestDto } from '@opsmesh/contracts';
import { KEYS, LOGGER, ProblemError, TokenRefused, type Keys, type Logger } from '@opsmesh/platform';
import { uuidv7 } from 'uuidv7';
import { DATABASE, type Database } from '../database/database.js';
import { leaseAudit } from '../database/schema.js';
import { ApprovedEndpoints, changed } from './approved-endpoints.js';
import { EnvelopeBroken } from './envelope.js';
import { auditedGrant, LeaseMarks } from './lease-marks.js';
import { readWorkerKey, sealTo } from './sealed-lease.js';
import { VaultService, type OpenedCredential } from './vault.service.js';

/** A lease that passed every check but the one whether its grant was used before. */
interface PreparedLease {
  readonly sealed: string;
  /** Of the credential. */
  readonly version: number;
}

/**
 * Exchanges a grant for its credentials, each once.
 * 1. Only a grant that the orchestrator signed, that has not expired and that names the worker's key gets anything.
 * 2. No secret leaves before grant and credential were marked as used: of parallel requests one gets it.
 * 3. What was approved for a target and a credential is compared with the inventory at the moment at which the secret is read; a run that nobody had to approve pays nothing for that.
 * 4. Every exchange of a genuine grant, also a refused one, leaves a row in lease_audit.
 */
@Injectable()
export class LeaseService {
  private readonly marks: LeaseMarks;
  private readonly approved: ApprovedEndpoints;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(VaultService) private readonly vault: VaultService,
    @Inject(KEYS) private readonly keys: Keys,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.marks = new LeaseMarks(db);
    this.approved = new ApprovedEndpoints(db);
  }

  /** @throws ProblemError 403 `grant-invalid` or `grant-expired`, 409 `grant-used` or `target-changed`, 404 or 422 `credential-unavailable`, 422 `target-refused` */
  async lease(request: LeaseRequestDto): Promise<LeaseAnswerDto> {
    const { credentialId } = request;
    const claims = await this.verified(request.grant);
    let prepared: PreparedLease;
    try {
      prepared = await this.prepare(request, claims);
    } catch (e) {
      if (e instanceof ProblemError) await this.auditRefusal(claims, { credentialId, problem: e });
      throw e;
    }
    const granted = await this.marks.set({ claims, credentialId, credentialVersion: prepared.version });
    this.log[granted ? 'info' : 'warn']({ ...auditedGrant(claims), credentialId, outcome: granted ? 'granted' : 'grant-used' }, 'lease');
    if (!granted) throw new ProblemError(409, 'grant-used', 'the grant was exchanged for this credential before');
    return { sealed: prepared.sealed };
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

  /** Everything but the mark: the checks, and the answer that is held back until then. */
  private async prepare({ publicKey, credentialId }: LeaseRequestDto, claims: GrantClaims): Promise<PreparedLease> {
    const key = readWorkerKey(publicKey);
    if (!key) throw invalid('the public key is no X25519 JWK');
    if (key.thumbprint !== claims.keyThumbprint) throw invalid('the grant names another key');
    if (!claims.credentialIds.includes(credentialId)) throw invalid('the grant does not name this credential');
    const [{ credential, assetId, version }, approved] = await Promise.all([this.opened(claims.tenant, credentialId), claims.endpointsSha256 === null ? undefined : this.approved.confirm(claims)]);
    if (approved && approved.get(credentialId) !== version) throw changed('the credential has just been given a new secret');
    if (assetId !== null && ![...claims.targets, ...claims.via].includes(assetId)) throw invalid('the credential belongs to another asset than the targets and jump hosts of the grant');
    const sealed = await sealTo(key, credential);
    // Reading and sealing take time.
    if (claims.exp * 1000 <= Date.now()) throw new ProblemError(403, 'grant-expired', 'the grant has expired');
    return { sealed, version };
  }

  private async opened(tenantId: string, credentialId: string): Promise<OpenedCredential> {
    try {
      const found = await this.vault.open(tenantId, credentialId);
      if (!found) throw new ProblemError(404, 'credential-unavailable', 'the credential is not there (any more)');
      return found;
    } catch (e) {
      if (!(e instanceof EnvelopeBroken)) throw e;
      this.log.error({ tenantId, credentialId }, 'a credential does not open: its row was changed or sealed by another vault key');
      throw new ProblemError(422, 'credential-unavailable', 'the credential does not open; the log of asset-service says more', { cause: e });
    }
  }

  private async auditRefusal(claims: GrantClaims, { credentialId, problem: { code } }: { credentialId: string; problem: ProblemError }): Promise<void> {
    this.log.warn({ ...auditedGrant(claims), credentialId, outcome: code }, 'lease');
    try {
      await this.db.insert(leaseAudit).values({ id: uuidv7(), ...auditedGrant(claims), credentialId, outcome: code, credentialVersion: null });
    } catch (err) {
      // The refusal stands whether or not it could be written down.
      this.log.error({ err }, 'a refused lease could not be recorded');
    }
  }
}

function invalid(detail: string): ProblemError {
  return new ProblemError(403, 'grant-invalid', detail);
}

function isExpired(refused: TokenRefused): boolean {
  return (refused.cause as { code?: unknown } | undefined)?.code === 'ERR_JWT_EXPIRED';
}
