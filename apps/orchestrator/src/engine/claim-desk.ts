import { GRANT_SECONDS, type ClaimAnswerDto, type ClaimRequestDto, type ConnectionDto, type GrantClaims } from '@opsmesh/contracts';
import { inputSha256, ProblemError } from '@opsmesh/platform';
import type { Engine } from './engine.js';
import type { OwnAttempts } from './own-attempts.js';
import type { ConnectionResolver, ManifestCheck } from './ports.js';
import type { AttemptRef } from './positions.js';
import type { RunFacts } from './run.js';

/** What the desk reads of the record. */
export interface ClaimReader {
  item(ref: Omit<AttemptRef, 'attempt'>): Promise<{ status: string; attempt: number; target: string | null; inputs: Record<string, unknown> } | undefined>;
  hasClaim(ref: AttemptRef, holder: { readonly workerId: string; readonly keyThumbprint: string }): Promise<boolean>;
}

/** How the catalogue says that a tool needs a credential; undefined when it needs none. */
export interface CredentialNeeds {
  kindOf(tool: string): Promise<string | undefined>;
}

export interface ClaimDeskParts {
  readonly engine: Engine;
  readonly attempts: OwnAttempts;
  readonly reader: ClaimReader;
  readonly needs: CredentialNeeds;
  readonly connections: ConnectionResolver;
  /** Left out where nothing is ever approved: then no attempt of an approved run is granted. */
  readonly manifests?: ManifestCheck;
  readonly signer: { sign(claims: GrantClaims): Promise<string> };
}

/**
 * No claim, no command (architecture, invariant 5): a worker may act on an attempt only after its claim was committed here.
 * The answer is a grant that is bound to exactly this attempt, worker, target, credential and command. Only the service that has the tool gets one.
 */
export class ClaimDesk {
  constructor(private readonly parts: ClaimDeskParts) {}

  /** @throws ProblemError 403 `forbidden`, 409 `claim-refused`, `manifest-mismatch` or `target-changed`, or what the asset service says of the target (`target-unknown`, `target-ambiguous`, `target-refused`, `service-unavailable`) */
  async claim(service: string | undefined, attemptId: string, request: ClaimRequestDto): Promise<ClaimAnswerDto> {
    const found = await this.parts.attempts.find(service, attemptId);
    if (!found) throw refused('there is no such attempt');
    const { run, ref, step } = found;
    const { tool } = step;
    const item = await this.parts.reader.item(ref);
    if (!item || item.attempt !== ref.attempt || (item.status !== 'queued' && item.status !== 'running')) throw refused('the attempt is no longer wanted');
    if (inputSha256(item.inputs) !== request.inputSha256) throw refused('the job differs from the record');
    const connection = await this.connect(run, tool, item.target);
    if (run.manifestSha256 && !this.parts.manifests) throw refused('approvals can\'t be checked here');
    const endpointsSha256 = await this.parts.manifests?.check({ run, step, target: item.target, inputSha256: request.inputSha256, connection });
    const credentialId = connection?.credentialId ?? null;
    const [granted] = await this.parts.engine.submit([{
      kind: 'event', runId: ref.runId, event: { type: 'claimed', step: ref.step, item: ref.item, attempt: ref.attempt },
      claim: { workerId: request.workerId, keyThumbprint: request.keyThumbprint, credentialId },
    }]);
    if (!granted && !await this.parts.reader.hasClaim(ref, request)) throw refused('the attempt is claimed by another worker, or its run is stopping');
    return this.grant({ attemptId, request, run, tool, connection, endpointsSha256: endpointsSha256 ?? null });
  }

  private async connect(run: RunFacts, tool: string, target: string | null): Promise<ConnectionDto | undefined> {
    const kind = await this.parts.needs.kindOf(tool);
    if (kind === undefined) return undefined;
    if (target === null) throw new ProblemError(422, 'target-refused', `the tool "${tool}" needs a target`);
    return this.parts.connections.resolve(run.tenantId, target, kind);
  }

  private async grant({ attemptId, request, run, tool, connection, endpointsSha256 }: { attemptId: string; request: ClaimRequestDto; run: RunFacts; tool: string; connection: ConnectionDto | undefined; endpointsSha256: string | null }): Promise<ClaimAnswerDto> {
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + GRANT_SECONDS;
    const hops = connection?.via ?? [];
    const grant = await this.parts.signer.sign({
      jti: `${attemptId}#${request.keyThumbprint}`, attempt: attemptId, iat, exp, tenant: run.tenantId, worker: request.workerId, tool, targets: connection ? [connection.assetId] : [],
      via: hops.map((h) => h.assetId), credentialIds: credentialIdsOf(connection), inputSha256: request.inputSha256, keyThumbprint: request.keyThumbprint, manifestSha256: run.manifestSha256 ?? null, endpointsSha256,
    });
    return { grant, expiresAt: new Date(exp * 1000).toISOString(), ...(connection ? { connection } : {}) };
  }
}

/** The credentials of a target and of the jump hosts before it, each once. */
function credentialIdsOf(connection: ConnectionDto | undefined): string[] {
  const all = connection ? [connection, ...(connection.via ?? [])] : [];
  return [...new Set(all.flatMap((c) => c.credentialId ?? []))];
}

function refused(why: string): ProblemError {
  return new ProblemError(409, 'claim-refused', why);
}
