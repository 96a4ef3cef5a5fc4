import { createHash } from 'node:crypto';
import type { BlobRefDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';

/** Outputs too large for a row, by the hash of their bytes. */
export class BlobStore {
  constructor(private readonly pool: Pool) {}

  async put(bytes: Buffer): Promise<BlobRefDto> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.pool.query('insert into orchestrator.blobs (sha256, bytes) values ($1, $2) on conflict do nothing', [sha256, bytes]);
    return { sha256, bytes: bytes.length };
  }
}
