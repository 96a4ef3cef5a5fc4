import type { Pool } from 'pg';
import type { DeadLetters } from '../transport/result-consumer.js';

/** Stream entries that were set aside, kept for people. */
export class DeadLetterStore implements DeadLetters {
  constructor(private readonly pool: Pool) {}

  async add(letter: { entryId: string; reason: string; payload: string }): Promise<void> {
    // PostgreSQL's text takes no NUL; the reason may quote the payload.
    const [reason, payload] = [letter.reason, letter.payload].map((t) => t.replaceAll('\0', '\uFFFD').slice(0, 1_000_000));
    await this.pool.query('insert into orchestrator.dead_letters (entry_id, reason, payload) values ($1, $2, $3)', [letter.entryId, reason, payload]);
  }
}
