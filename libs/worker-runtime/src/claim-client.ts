import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { ANY_PROTOCOL, ClaimAnswerDto, FAILURE_CODES, InvalidMessage, ToolFailure, validate, type AttemptClaimDto, type Credential, type FailureCode, type GrantClaims, type LeaseRequestDto } from '@opsmesh/contracts';
import { BatchClient, inputSha256, ProblemError, StartError, TokenRefused, type Keys, type ServiceClient } from '@opsmesh/platform';
import type { Attempt, Granted } from './attempt.js';
import { makeLeaseKey, type LeaseKey } from './lease-key.js';
import type { Presence } from './presence.js';

/** Pauses between attempts to reach the orchestrator: doubling from the first to the second, in milliseconds. */
const BACKOFF_MS = [100, 2000] as const;

export interface ClaimClientParts {
  readonly workerId: string;
  readonly keys: Keys;
  readonly presence: Pick<Presence, 'untilHeard' | 'mayBeGivenUpSince'>;
  readonly orchestrator: ServiceClient;
  readonly assetService: ServiceClient;
}

/** Claims attempts at the orchestrator and leases their credentials from the asset service. What comes together goes in one request; each is answered for itself. */
export class ClaimClient {
  private readonly claims: BatchClient<AttemptClaimDto>;
  private readonly leases: BatchClient<LeaseRequestDto>;

  constructor(private readonly parts: ClaimClientParts) {
    this.claims = new BatchClient(parts.orchestrator, '/internal/claims');
    this.leases = new BatchClient(parts.assetService, '/internal/leases');
  }

  /**
   * Asks until it is answered or the attempt is aborted.
   * @returns the grant, or undefined when the attempt belongs to somebody else or is no longer wanted: then nothing may be done or said.
   * @throws ToolFailure; nothing was done then.
   */
  async claim(attempt: Attempt): Promise<Granted | undefined> {
    const key = attempt.tool.options.credential ? makeLeaseKey() : undefined;
    // Without a credential nothing is ever sealed: any text of the form stands for a key nobody has, and keeps the claim tied to this one delivery.
    const keyThumbprint = key?.thumbprint ?? randomBytes(32).toString('base64url');
    const claim = { attemptId: attempt.job.attemptId, workerId: this.parts.workerId, inputSha256: inputSha256(attempt.job.input), keyThumbprint };
    return this.granted(attempt, claim, key);
  }

  private async granted(attempt: Attempt, claim: AttemptClaimDto, key: LeaseKey | undefined): Promise<Granted | undefined> {
    const { answer, askedAt } = await this.ask(attempt, claim);
    if (!answer) return undefined;
    const claims = await this.verify(answer.grant);
    const { attemptId, workerId, ...same } = claim;
    const expected = { attempt: attemptId, tenant: attempt.tenantId, worker: workerId, tool: attempt.job.tool, ...same, manifestSha256: attempt.job.manifestSha256 ?? null };
    for (const [name, value] of Object.entries(expected)) {
      if (claims[name as keyof GrantClaims] !== value) throw new ToolFailure('grant-refused', `the grant is for another ${name}`);
    }
    checkConnection(attempt, answer);
    const { grant, connection } = answer;
    return { grant, askedAt, expires: claims.exp, connection, lease: (credentialId) => this.lease({ attempt, grant, credentialId, key }), renew: () => this.granted(attempt, claim, key) };
  }

  private async ask(attempt: Attempt, claim: AttemptClaimDto): Promise<{ readonly answer: ClaimAnswerDto | undefined; readonly askedAt: number }> {
    const { presence } = this.parts;
    let wait: number = BACKOFF_MS[0];
    for (;;) {
      let askedAt = performance.now();
      try {
        await presence.untilHeard(attempt.signal);
        askedAt = performance.now();
        const answer = validate(ClaimAnswerDto, await this.claims.call(claim, attempt.signal));
        if (!presence.mayBeGivenUpSince(askedAt)) return { answer, askedAt };
        // Nothing was heard of us meanwhile. Asked again, the answer is the same if the attempt still is ours.
        continue;
      } catch (e) {
        if (attempt.aborted) throw notClaimed(attempt.aborted);
        if (e instanceof InvalidMessage) throw new ToolFailure('grant-refused', 'the answer to the claim could not be read', { cause: e.message });
        if (!(e instanceof ProblemError)) throw e;
        if (e.code === 'claim-refused') return { answer: undefined, askedAt };
        if (e.status < 500 && e.status !== 429) throw refusal(e, 'target-refused');
      }
      await pause(wait, undefined, { signal: attempt.signal }).catch(() => undefined);
      if (attempt.aborted) throw notClaimed(attempt.aborted);
      wait = Math.min(wait * 2, BACKOFF_MS[1]);
    }
  }

  private async verify(grant: string): Promise<GrantClaims> {
    try {
      return await this.parts.keys.verifyGrant(grant);
    } catch (e) {
      if (e instanceof TokenRefused || e instanceof StartError) throw new ToolFailure('grant-refused', e.message);
      throw e;
    }
  }

  private async lease({ attempt, grant, credentialId, key }: { attempt: Attempt; grant: string; credentialId: string; key: LeaseKey | undefined }): Promise<Credential> {
    if (!key) throw new ToolFailure('credential-unavailable', 'the tool declares no credential');
    let answer: unknown;
    try {
      answer = await this.leases.call({ grant, credentialId, publicKey: key.publicKey }, attempt.signal);
    } catch (e) {
      if (attempt.aborted || !(e instanceof ProblemError)) throw e;
      throw e.status >= 500 ? new ToolFailure('service-unavailable', `no credential: ${e.detail}`) : refusal(e, 'credential-unavailable');
    }
    return key.open(answer);
  }
}

function checkConnection(attempt: Attempt, { connection }: ClaimAnswerDto): void {
  const need = attempt.tool.options.credential;
  if (!need) return;
  if (!connection) throw new ToolFailure('grant-refused', 'the claim was answered without a connection to the target');
  if (need.kind !== ANY_PROTOCOL && connection.protocol !== need.kind) throw new ToolFailure('target-refused', `the tool "${attempt.job.tool}" needs a target with ${need.kind}, but ${connection.hostname} has ${connection.protocol}`);
}

/** A refusal by the orchestrator or the asset service; a code that is no failure code becomes `otherwise`. */
function refusal(problem: ProblemError, otherwise: FailureCode): ToolFailure {
  return new ToolFailure(FAILURE_CODES.find((c) => c === problem.code) ?? otherwise, problem.detail, { cause: problem.code });
}

/** Nothing was done yet, whatever ended the wait. */
function notClaimed(aborted: ToolFailure): ToolFailure {
  // A failure of its own: that of the abort would leave in doubt whether anything was done.
  return aborted.failure.code === 'cancelled' ? new ToolFailure('cancelled', aborted.message) : new ToolFailure('service-unavailable', 'the attempt could not be claimed in time: the orchestrator did not answer', { cause: aborted.message });
}
