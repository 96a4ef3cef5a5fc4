import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LOGGER, PROCESS_CONFIG, type Logger } from '@opsmesh/platform';
import { sql } from 'drizzle-orm';
import type { AssetServiceConfig } from '../config.js';
import { DATABASE, type Database } from '../database/database.js';
import { leaseAudit } from '../database/schema.js';

/** Time between two sweeps, in milliseconds. */
const EVERY_MS = 60 * 60_000;
/** Rows that one statement deletes, at most. */
const BATCH = 5000;

/** Deletes rows of the audit of leases that are older than what they are about is kept. */
@Injectable()
export class LeaseAuditSweeper implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(DATABASE) private readonly db: Database, @Inject(LOGGER) private readonly log: Logger, @Inject(PROCESS_CONFIG) private readonly config: Pick<AssetServiceConfig, 'retentionDays'>) {}

  onModuleInit(): void {
    const { retentionDays: days } = this.config;
    if (days === null) return;
    this.timer = setInterval(() => {
      this.sweep(days).catch((err: unknown) => { this.log.warn({ err }, 'the audit of leases could not be swept; the next round will'); });
    }, EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @returns how many rows of more than so many days were deleted. */
  async sweep(days: number, batch = BATCH): Promise<number> {
    let deleted = 0;
    for (let last = batch; last === batch; deleted += last) {
      // Ids are UUIDs of version 7, so that the oldest come first.
      const { rowCount } = await this.db.execute(sql`
        delete from ${leaseAudit} where at < now() - ${days}::int * interval '1 day' and id = any(array(select id from ${leaseAudit} order by id limit ${batch}))`);
      last = rowCount ?? 0;
    }
    return deleted;
  }
}
