import type { BlobRefDto } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import type { ClaimReader } from './claim-desk.js';
import type { OwnAttempt, OwnAttempts } from './own-attempts.js';

/** A file with the type it was stored as. */
export interface Blob {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** Where files of runs are kept. Outputs are not its business. */
export interface BlobShelf {
  putForRun(runId: string, blob: Blob): Promise<BlobRefDto>;
  ofTenant(tenantId: string, sha256: string): Promise<Blob | undefined>;
}

export interface BlobDeskParts {
  readonly attempts: OwnAttempts;
  readonly reader: Pick<ClaimReader, 'item'>;
  readonly shelf: BlobShelf;
}

/**
 * Files that attempts leave and read.
 * 1. A service acts only for attempts of its own tools.
 * 2. Whose file it is follows from the attempt: its run when it is kept, its tenant when it is read. A worker can name neither.
 * 3. Only an attempt that is wanted now may read. One that was just stopped may still leave what it has.
 */
export class BlobDesk {
  constructor(private readonly parts: BlobDeskParts) {}

  /** @throws ProblemError 404 `attempt-unknown`, or those of {@link OwnAttempts.find} */
  async keep(service: string | undefined, attemptId: string, blob: Blob): Promise<BlobRefDto> {
    const { run } = await this.locate(service, attemptId);
    return this.parts.shelf.putForRun(run.id, blob);
  }

  /** @throws ProblemError 404 `attempt-unknown` or `blob-not-found`, 409 `attempt-over`, or those of {@link OwnAttempts.find} */
  async read(service: string | undefined, attemptId: string, sha256: string): Promise<Blob> {
    const { run, ref } = await this.locate(service, attemptId);
    const item = await this.parts.reader.item(ref);
    if (!item || item.attempt !== ref.attempt || (item.status !== 'queued' && item.status !== 'running')) throw new ProblemError(409, 'attempt-over', 'the attempt is no longer wanted');
    const blob = await this.parts.shelf.ofTenant(run.tenantId, sha256);
    if (!blob) throw new ProblemError(404, 'blob-not-found', 'no run of the tenant has that file');
    return blob;
  }

  private async locate(service: string | undefined, attemptId: string): Promise<OwnAttempt> {
    const found = await this.parts.attempts.find(service, attemptId);
    if (!found) throw new ProblemError(404, 'attempt-unknown', 'there is no such attempt');
    return found;
  }
}
