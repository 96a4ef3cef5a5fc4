import { createHash } from 'node:crypto';
import type { BlobRefDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import type { Blob } from '../engine/blob-desk.js';

interface BlobRow { bytes: Buffer; media_type: string }

/** What is too large for a row, by the hash of its bytes: outputs, and the files tools made. The same bytes are kept once. */
export class BlobStore {
  constructor(private readonly pool: Pool) {}

  /** Keeps an output; the item that names it says whose it is. */
  async put(bytes: Buffer): Promise<BlobRefDto> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    // One that is there is locked and renewed: it could be deleted before it is named, else.
    await this.pool.query(`insert into orchestrator.blobs as b (sha256, bytes) values ($1, $2) on conflict (sha256) do update set put_at = now() where b.put_at < now() - interval '1 hour'`, [sha256, bytes]);
    return { sha256, bytes: bytes.length };
  }

  /** Keeps a file of a run. The same file again changes nothing. */
  async putForRun(runId: string, { bytes, mediaType }: Blob): Promise<BlobRefDto> {
    const ref = await this.put(bytes);
    await this.pool.query('insert into orchestrator.run_blobs (run_id, sha256, media_type) values ($1, $2, $3) on conflict do nothing', [runId, ref.sha256, mediaType]);
    return ref;
  }

  /** A file that a run of the tenant made. */
  async ofTenant(tenantId: string, sha256: string): Promise<Blob | undefined> {
    const { rows } = await this.pool.query<BlobRow>({
      name: 'blob-of-tenant',
      text: `select b.bytes, f.media_type from orchestrator.run_blobs f join orchestrator.runs r on r.id = f.run_id join orchestrator.blobs b on b.sha256 = f.sha256
             where r.tenant_id = $1 and f.sha256 = $2 limit 1`,
      values: [tenantId, sha256],
    });
    return toBlob(rows[0]);
  }

  /** A file that the run or one of the runs it repeats made, or a large output of one of its items. An output that was cut is no JSON. */
  async ofRun(tenantId: string, runId: string, sha256: string): Promise<Blob | undefined> {
    const { rows } = await this.pool.query<BlobRow>({
      name: 'blob-of-run',
      text: `with recursive line(id, parent) as (
               select id, parent_run_id from orchestrator.runs where id = $2 and tenant_id = $1
               union select r.id, r.parent_run_id from orchestrator.runs r join line on r.id = line.parent where r.tenant_id = $1
             ), found(media_type) as (
               select f.media_type from orchestrator.run_blobs f join line on f.run_id = line.id where f.sha256 = $3
               union all
               select case when i.truncated then 'application/octet-stream' else 'application/json' end from orchestrator.items i join line on i.run_id = line.id where i.blob_sha256 = $3
               union all
               select case when a.truncated then 'application/octet-stream' else 'application/json' end from orchestrator.past_attempts a join line on a.run_id = line.id where a.blob_sha256 = $3
             )
             select b.bytes, found.media_type from found, orchestrator.blobs b where b.sha256 = $3 limit 1`,
      values: [tenantId, runId, sha256],
    });
    return toBlob(rows[0]);
  }
}

function toBlob(row: BlobRow | undefined): Blob | undefined {
  return row && { bytes: row.bytes, mediaType: row.media_type };
}
