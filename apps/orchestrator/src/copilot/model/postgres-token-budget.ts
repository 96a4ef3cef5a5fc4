import type { TokenBudget } from '@opsmesh/copilot';
import type { Pool } from 'pg';

/**
 * Tokens of models for each tenant and day (UTC, by the database's clock). What a call set aside is lost until the next day when the process dies during it, so that a crash
 * never gives more than the budget.
 */
export class PostgresTokenBudget implements TokenBudget {
  /** @param perDay tokens of a tenant in a day */
  constructor(private readonly pool: Pool, private readonly perDay: number) {}

  async reserve(tenantId: string, tokens: number): Promise<boolean> {
    if (tokens > this.perDay) return false;
    const { rowCount } = await this.pool.query(
      `insert into orchestrator.model_tokens as m (tenant_id, day, reserved) values ($1, to_char(now() at time zone 'utc', 'YYYY-MM-DD'), $2)
       on conflict (tenant_id, day) do update set reserved = m.reserved + $2 where m.reserved + m.used + $2 <= $3`, [tenantId, tokens, this.perDay],
    );
    return rowCount === 1;
  }

  async settle(tenantId: string, { reserved, used }: { readonly reserved: number; readonly used: number }): Promise<void> {
    // A call over midnight is settled on the new day; the day it was reserved on is over.
    await this.pool.query(
      `insert into orchestrator.model_tokens as m (tenant_id, day, used) values ($1, to_char(now() at time zone 'utc', 'YYYY-MM-DD'), $3)
       on conflict (tenant_id, day) do update set reserved = greatest(0, m.reserved - $2), used = m.used + $3`, [tenantId, reserved, used],
    );
  }
}
