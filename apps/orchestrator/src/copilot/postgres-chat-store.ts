import { createHash } from 'node:crypto';
import { UUID, type ChatReplyView, type ChatUsageView, type ConversationPageView, type ConversationSummaryView, type GenerationPageView, type GenerationView, type ListGenerationsQueryDto } from '@opsmesh/contracts';
import { NEW_CONVERSATION, neutralText, type ConversationState, type RunSummaryForLearning, type Usage } from '@opsmesh/copilot';
import { isUniqueViolation, ProblemError, transaction, type Principal } from '@opsmesh/platform';
import type { Pool, PoolClient } from 'pg';
import { uuidv7 } from 'uuidv7';
import { keepable } from './message-secrets.js';
import type { ChatStore, NewMessage, Owner, StoredConversation } from './ports.js';
import { usageView } from './reply.js';
import type { ChatEvent, StoredTurn, TurnChange, TurnGeneration, TurnKey, TurnStatus, TurnWork } from './turn.js';

/** How long a turn is left to the process that holds it, in milliseconds; it goes on holding three times as often. */
export const HOLD_MS = 9000;
const MOST_TURNS = 10_000;

interface TurnRow {
  conversation_id: string; turn: number; actor_id: string; principal: Principal; client_message_id: string | null; message_sha256: string; message: string; status: TurnStatus; work: TurnWork | null;
  reply: ChatReplyView | null; events: ChatEvent[]; run_id: string | null; usage: Usage | null; created_at: Date;
}
interface SummaryRow { id: string; tenant_id: string; actor_id: string; title: string; turns: number; created_at: Date; updated_at: Date }

const TURN = 't.conversation_id, t.turn, t.actor_id, t.principal, t.client_message_id, t.message_sha256, t.message, t.status, t.work, t.reply, t.events, t.run_id, t.usage, t.created_at';
/** A turn that can go on: its message is the next to be read and what came before has said what it does, its proposal became a run, or its run has ended. */
const CAN_GO_ON = `t.status <> 'done' and (t.held_until <= now() or (t.status = 'waiting' and exists (select 1 from orchestrator.runs r where r.id = t.run_id)))
  and (t.status <> 'reading' or not exists (select 1 from orchestrator.chat_turns e where e.conversation_id = t.conversation_id and e.turn < t.turn and e.status in ('reading', 'acting')))
  and (t.status <> 'running' or exists (select 1 from orchestrator.runs r where r.id = t.run_id and r.status in ('completed', 'partial', 'failed', 'cancelled')))`;

/** {@link ChatStore} in PostgreSQL. */
export class PostgresChatStore implements ChatStore {
  constructor(private readonly pool: Pool) {}

  async receive(message: NewMessage): Promise<StoredTurn> {
    const kept = keepable(message.message);
    // Of what is kept: a hash of what was dropped could be guessed.
    const sha256 = createHash('sha256').update(kept).digest('hex');
    try {
      return await this.known(message, sha256) ?? await transaction(this.pool, (client) => insert(client, { ...message, message: kept }, sha256));
    } catch (e) {
      // The same message twice at the same time: the unique index let one of them through.
      const winner = isUniqueViolation(e) ? await this.known(message, sha256) : undefined;
      if (!winner) throw e;
      return winner;
    }
  }

  private async known({ principal, actorId, conversationId, clientMessageId }: NewMessage, sha256: string): Promise<StoredTurn | undefined> {
    if (clientMessageId === undefined) return undefined;
    const { rows: [row] } = await this.pool.query<TurnRow>(`select ${TURN} from orchestrator.chat_turns t where t.tenant_id = $1 and t.actor_id = $2 and t.client_message_id = $3`, [principal.tenantId, actorId, clientMessageId]);
    if (!row) return undefined;
    if (row.message_sha256 !== sha256 || (conversationId !== undefined && conversationId !== row.conversation_id)) throw new ProblemError(422, 'client-message-id-reused', 'this client message id belongs to another message: use a new one, or send the same message again');
    return toTurn(row);
  }

  async hold({ conversationId, turn }: TurnKey): Promise<StoredTurn | undefined> {
    const { rows: [row] } = await this.pool.query<TurnRow>(
      `update orchestrator.chat_turns t set held_until = now() + $3 * interval '1 millisecond' where t.conversation_id = $1 and t.turn = $2 and ${CAN_GO_ON} returning ${TURN}`, [conversationId, turn, HOLD_MS],
    );
    return row && toTurn(row);
  }

  async holdSome(limit: number): Promise<StoredTurn[]> {
    const { rows } = await this.pool.query<TurnRow>({
      name: 'chat-hold',
      text: `with picked as (select t.conversation_id, t.turn from orchestrator.chat_turns t where ${CAN_GO_ON} order by t.held_until limit $1 for update skip locked)
             update orchestrator.chat_turns t set held_until = now() + $2 * interval '1 millisecond' from picked p where t.conversation_id = p.conversation_id and t.turn = p.turn returning ${TURN}`,
      values: [limit, HOLD_MS],
    });
    return rows.map(toTurn);
  }

  async keep(key: TurnKey): Promise<void> {
    await this.release(key, HOLD_MS);
  }

  async release({ conversationId, turn }: TurnKey, afterMs: number): Promise<void> {
    await this.pool.query(`update orchestrator.chat_turns set held_until = now() + $3 * interval '1 millisecond' where conversation_id = $1 and turn = $2 and status <> 'done'`, [conversationId, turn, afterMs]);
  }

  async commit({ conversationId, turn }: TurnKey, from: TurnStatus, change: TurnChange): Promise<StoredTurn | undefined> {
    return transaction(this.pool, async (client) => {
      const { rows: [row] } = await client.query<TurnRow>(
        `update orchestrator.chat_turns t set status = $4, work = coalesce($5::json, work), reply = coalesce($6::json, reply), events = coalesce($7::json, events), generation = coalesce($8::json, generation),
           usage = coalesce($9::json, usage), run_id = coalesce($10, run_id), ended_at = case when $4 = 'done' then now() end
         where t.conversation_id = $1 and t.turn = $2 and t.status = $3 returning ${TURN}`,
        [conversationId, turn, from, change.status, text(change.work), text(change.reply), text(change.events), text(change.generation), text(change.usage), change.runId ?? null],
      );
      if (!row) return undefined;
      await client.query('update orchestrator.conversations set state = coalesce($2::json, state), updated_at = now() where id = $1', [conversationId, text(change.state)]);
      return toTurn(row);
    });
  }

  async turn({ conversationId, turn }: TurnKey): Promise<StoredTurn | undefined> {
    const { rows: [row] } = await this.pool.query<TurnRow>({ name: 'chat-turn', text: `select ${TURN} from orchestrator.chat_turns t where t.conversation_id = $1 and t.turn = $2`, values: [conversationId, turn] });
    return row && toTurn(row);
  }

  async conversation(id: string): Promise<StoredConversation | undefined> {
    const { rows: [row] } = await this.pool.query<{ id: string; actor_id: string; state: ConversationState }>('select id, actor_id, state from orchestrator.conversations where id = $1', [id]);
    return row && { id: row.id, actorId: row.actor_id, state: row.state };
  }

  async newestWaiting(conversationId: string): Promise<StoredTurn | undefined> {
    const { rows: [row] } = await this.pool.query<TurnRow>(`select ${TURN} from orchestrator.chat_turns t where t.conversation_id = $1 and t.status = 'waiting' order by t.turn desc limit 1`, [conversationId]);
    return row && toTurn(row);
  }

  async summary({ tenantId, actorId }: Owner, id: string): Promise<ConversationSummaryView & { readonly usage: ChatUsageView }> {
    const { rows: [row] } = await this.pool.query<SummaryRow & { usages: Usage[] | null }>(
      `select c.id, c.tenant_id, c.actor_id, c.title, c.turns, c.created_at, c.updated_at, (select json_agg(t.usage) from orchestrator.chat_turns t where t.conversation_id = c.id and t.usage is not null) as usages
       from orchestrator.conversations c where c.tenant_id = $1 and ($2::text is null or c.actor_id = $2) and c.id = $3`, [tenantId, actorId ?? null, uuid(id)],
    );
    if (!row) throw noConversation();
    return { ...toSummary(row), usage: usageView(row.usages ?? []) };
  }

  async turns(conversationId: string): Promise<StoredTurn[]> {
    const { rows } = await this.pool.query<TurnRow>(`select ${TURN} from orchestrator.chat_turns t where t.conversation_id = $1 order by t.turn desc limit 200`, [conversationId]);
    return rows.reverse().map(toTurn);
  }

  async list({ tenantId, actorId }: Owner, { limit, cursor }: { limit: number; cursor: string | undefined }): Promise<ConversationPageView> {
    const { rows } = await this.pool.query<SummaryRow>(
      `select id, tenant_id, actor_id, title, turns, created_at, updated_at from orchestrator.conversations where tenant_id = $1 and ($2::text is null or actor_id = $2) and ($3::uuid is null or id < $3) order by id desc limit $4`,
      [tenantId, actorId ?? null, cursor ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(toSummary);
    return { items, next: rows.length > limit ? items.at(-1)!.id : null };
  }

  async generations(tenantId: string, { limit = 50, cursor, conversation_id: conversation }: ListGenerationsQueryDto): Promise<GenerationPageView> {
    const { rows } = await this.pool.query<{ conversation_id: string; turn: number; actor_id: string; generation: TurnGeneration; usage: Usage | null; run_id: string | null; at: string }>(
      `select t.conversation_id, t.turn, t.actor_id, t.generation, t.usage, t.run_id, to_char(t.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from orchestrator.chat_turns t
       where t.tenant_id = $1 and t.generation is not null and ($2::timestamptz is null or t.created_at < $2) and ($3::uuid is null or t.conversation_id = $3)
       order by t.created_at desc, t.turn desc limit $4`, [tenantId, cursor ?? null, conversation ?? null, limit + 1],
    );
    const items = rows.slice(0, limit).map(({ conversation_id, turn, actor_id, generation: g, usage, run_id, at }): GenerationView => ({
      conversation_id, turn, actor_id, at, message: g.message, source: g.source, understood: [...g.understood], matched: [...g.matched], rejected: [...g.rejected], optimised: [...g.optimised],
      repairs: [...g.repairs], dropped: [...g.dropped], run_id, usage: usage && usage.calls > 0 ? usageView([usage]) : null, kind: g.kind,
    }));
    return { items, next: rows.length > limit ? items.at(-1)!.at : null };
  }

  async finishedRuns(tenantId: string): Promise<RunSummaryForLearning[]> {
    const { rows } = await this.pool.query<{ run_id: string; message: string; work: TurnWork; run_status: string; generation: TurnGeneration }>(
      `select t.run_id, t.message, t.work, r.status as run_status, t.generation from orchestrator.chat_turns t join orchestrator.runs r on r.id = t.run_id
       where t.tenant_id = $1 and t.status = 'done' and t.work is not null and t.generation is not null order by t.created_at desc limit 500`, [tenantId],
    );
    // A run that exists was let go by policy or by people: both count as approved.
    return rows.map((r) => ({ runId: r.run_id, message: neutralText(r.message).shown, plan: r.work.plan, status: r.run_status, approved: true, template: r.generation.matched[0]?.template ?? (r.generation.source === 'inventory' ? 'inventory' : null) }));
  }
}

/** @param message as it may be kept */
async function insert(client: PoolClient, { principal, actorId, conversationId, clientMessageId, message }: NewMessage, sha256: string): Promise<StoredTurn> {
  const id = conversationId ?? uuidv7();
  if (conversationId === undefined) {
    await client.query('insert into orchestrator.conversations (id, tenant_id, actor_id, title, state) values ($1, $2, $3, $4, $5)', [id, principal.tenantId, actorId, neutralText(message).shown.slice(0, 200), JSON.stringify(NEW_CONVERSATION)]);
  }
  const { rows: [conversation] } = await client.query<{ turns: number }>('update orchestrator.conversations set turns = turns + 1, updated_at = now() where id = $1 and tenant_id = $2 and actor_id = $3 returning turns', [id, principal.tenantId, actorId]);
  if (!conversation) throw noConversation();
  if (conversation.turns > MOST_TURNS) throw new ProblemError(409, 'conversation-full', `a conversation has at most ${MOST_TURNS} messages: begin a new one`);
  const { rows: [row] } = await client.query<TurnRow>(
    `insert into orchestrator.chat_turns as t (conversation_id, turn, tenant_id, actor_id, principal, client_message_id, message_sha256, message, status, held_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'reading', now()) returning ${TURN}`,
    [id, conversation.turns, principal.tenantId, actorId, JSON.stringify(principal), clientMessageId ?? null, sha256, message],
  );
  return toTurn(row!);
}

function toTurn(r: TurnRow): StoredTurn {
  return {
    conversationId: r.conversation_id, turn: r.turn, actorId: r.actor_id, principal: r.principal, clientMessageId: r.client_message_id, message: r.message, status: r.status, work: r.work, reply: r.reply,
    events: r.events, runId: r.run_id, usage: r.usage, at: r.created_at.toISOString(),
  };
}

function toSummary(r: SummaryRow): ConversationSummaryView {
  return { id: r.id, tenant_id: r.tenant_id, actor_id: r.actor_id, title: r.title, turns: r.turns, created_at: r.created_at.toISOString(), updated_at: r.updated_at.toISOString() };
}

function text(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** An id that is no uuid can't exist; PostgreSQL must not be asked about it. */
function uuid(id: string): string {
  if (!UUID.test(id)) throw noConversation();
  return id;
}

function noConversation(): ProblemError {
  return new ProblemError(404, 'conversation-not-found', 'there is no such conversation of yours');
}
