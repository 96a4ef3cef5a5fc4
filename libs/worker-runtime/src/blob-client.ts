import { setTimeout as pause } from 'node:timers/promises';
import type { BlobRefDto } from '@opsmesh/contracts';
import { ProblemError, type ServiceClient } from '@opsmesh/platform';
import type { BlobStore } from './output.js';

/** Pauses between attempts: doubling from the first to the second, in milliseconds. */
const BACKOFF_MS = [200, 5000] as const;

/** Uploads to the orchestrator (`PUT /internal/blobs`), again and again while it can't be reached: the output exists only here. */
export class BlobClient implements BlobStore {
  /** @param orchestrator a client with a time-out long enough for 16 MiB. */
  constructor(private readonly orchestrator: ServiceClient, private readonly stopped: AbortSignal) {}

  async put(bytes: Buffer): Promise<BlobRefDto> {
    let wait: number = BACKOFF_MS[0];
    for (;;) {
      try {
        return await this.orchestrator.call('PUT', '/internal/blobs', { body: bytes, signal: this.stopped }) as BlobRefDto;
      } catch (e) {
        if (this.stopped.aborted || !(e instanceof ProblemError) || e.status < 500) throw e;
      }
      await pause(wait, undefined, { signal: this.stopped });
      wait = Math.min(wait * 2, BACKOFF_MS[1]);
    }
  }
}
