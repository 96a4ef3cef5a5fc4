import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { LOGGER, type Logger } from '@opsmesh/platform';
import { lt, sql } from 'drizzle-orm';
import { DATABASE, type Database } from '../database/database.js';
import { usedGrants } from '../database/schema.js';

/** Time between two sweeps, in milliseconds. */
const EVERY_MS = 10 * 60_000;

/** Forgets grants that expired more than an hour ago: however far the clocks differ, they would be refused as expired. */
@Injectable()
export class UsedGrantSweeper implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(DATABASE) private readonly db: Database, @Inject(LOGGER) private readonly log: Logger) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((err: unknown) => { this.log.warn({ err }, 'used grants could not be swept; the next round will'); });
    }, EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** @returns how many were forgotten. */
  async sweep(): Promise<number> {
    const { rowCount } = await this.db.delete(usedGrants).where(lt(usedGrants.expiresAt, sql`now() - interval '1 hour'`));
    return rowCount ?? 0;
  }
}
