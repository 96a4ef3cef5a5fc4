import { setTimeout as pause } from 'node:timers/promises';
import { BlobRefDto, ToolFailure, validate } from '@opsmesh/contracts';
import { ProblemError, type ServiceClient } from '@opsmesh/platform';
import type { BlobStore } from './output.js';

/** Pauses between attempts: doubling from the first to the second, in milliseconds. */
const BACKOFF_MS = [200, 5000] as const;

/** Uploads to the orchestrator (`PUT /internal/blobs`), again and again while it can't be reached: the output exists only here. */
export class BlobClient implements BlobStore {
  /** @param orchestrator a client with a time-out long enough for 16 MiB. */
  constructor(private readonly orchestrator: ServiceClient, private readonly stopped: AbortSignal) {}

  async put(bytes: Buffer): Promise<BlobRefDto> {
    return await persist(() => this.orchestrator.call('PUT', '/internal/blobs', { body: bytes, signal: this.stopped }), this.stopped) as BlobRefDto;
  }
}

/**
 * Files of attempts at the orchestrator: what a tool makes beside its output, and what an earlier attempt of the same tenant made.
 * The orchestrator derives run and tenant from the attempt; a worker can't name another one.
 */
export class AttemptFiles {
  /** @param orchestrator a client with a time-out long enough for 16 MiB. */
  constructor(private readonly orchestrator: ServiceClient) {}

  /**
   * Keeps a file with the attempt's run, again and again while the orchestrator can't be reached.
   * @param file its bytes (at most 16 MiB) and its media type, an `application/*` one
   * @throws ToolFailure `service-unavailable` when it could not be kept before `signal` was aborted, `tool-failed` when it was refused
   */
  async keep(attemptId: string, file: { readonly bytes: Buffer; readonly mediaType: string }, signal: AbortSignal): Promise<BlobRefDto> {
    const path = `/internal/blobs/${encodeURIComponent(attemptId)}?media_type=${encodeURIComponent(file.mediaType)}`;
    try {
      return validate(BlobRefDto, await persist(() => this.orchestrator.call('PUT', path, { body: file.bytes, signal }), signal));
    } catch (e) {
      if (signal.aborted) throw new ToolFailure('service-unavailable', 'the file could not be kept in time: the orchestrator did not answer');
      throw e instanceof ProblemError ? new ToolFailure('tool-failed', `the file could not be kept: ${e.detail}`, { cause: e.code }) : e;
    }
  }

  /**
   * Reads a file that a run of the attempt's tenant keeps, by its hash.
   * @throws ToolFailure `not-found` when no run of the tenant has it, `service-unavailable` when the orchestrator does not answer
   */
  async read(attemptId: string, sha256: string, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.orchestrator.download(`/internal/blobs/${encodeURIComponent(attemptId)}/${encodeURIComponent(sha256)}`, { signal });
    } catch (e) {
      if (!(e instanceof ProblemError)) throw e;
      if (e.code === 'blob-not-found') throw new ToolFailure('not-found', `${e.detail}: ${sha256.slice(0, 64)}`, { cause: e.code });
      throw new ToolFailure(e.status >= 500 ? 'service-unavailable' : 'tool-failed', `the file could not be read: ${e.detail}`, { cause: e.code });
    }
  }
}

/** Tries until it is answered or refused. @throws ProblemError of a refusal; the reason of the abort */
async function persist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let wait: number = BACKOFF_MS[0];
  for (;;) {
    try {
      return await call();
    } catch (e) {
      if (signal.aborted || !(e instanceof ProblemError) || e.status < 500) throw e;
    }
    await pause(wait, undefined, { signal });
    wait = Math.min(wait * 2, BACKOFF_MS[1]);
  }
}
