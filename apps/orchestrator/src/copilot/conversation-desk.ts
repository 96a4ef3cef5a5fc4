import type { ChatFullTableView, ChatProgressView, ChatReplyView, ChatRequestDto, ChatTurnView, ConversationPageView, ConversationView, ItemStatus, ListConversationsQueryDto } from '@opsmesh/contracts';
import { neutralText } from '@opsmesh/copilot';
import { actorOf, assertTenant, isAnonymous, ProblemError, type Principal } from '@opsmesh/platform';
import { readRun, type RunSources } from './answer/read-run.js';
import { tabled } from './answer/run-answer.js';
import { fullTable } from './answer/tables.js';
import type { TurnAnswerer } from './answer-turn.js';
import type { ChatWatchers } from './chat-watchers.js';
import type { ChatStore, Owner } from './ports.js';
import { errorReply } from './reply.js';
import type { ChatEvent, StoredTurn, TurnKey } from './turn.js';
import type { TurnWorker } from './turn-worker.js';

export interface DeskParts extends RunSources {
  readonly store: ChatStore;
  readonly worker: TurnWorker;
  readonly answerer: TurnAnswerer;
  readonly watchers: ChatWatchers;
  /** How long an answer waits for the end of a run, in milliseconds. */
  readonly waitMs: number;
}

/** How often the record is asked when nothing wakes a waiter, in milliseconds. */
const POLL_MS = 250;
/** How long an answer waits for a message to be understood: models may take their time. */
const READING_MS = 600_000;
const DEFAULT_PAGE = 50;

/** What callers may do with conversations. */
export class ConversationDesk {
  constructor(private readonly parts: DeskParts) {}

  /**
   * Stores a message and has it worked on; that goes on whether or not anybody waits for it.
   * @throws ProblemError 403 `actor-mismatch` or `tenant-mismatch`, 404 `conversation-not-found`, 422 `client-message-id-reused`
   */
  async send(principal: Principal, body: ChatRequestDto): Promise<StoredTurn> {
    assertTenant(principal, body.tenant_id);
    const turn = await this.parts.store.receive({ principal, actorId: actorOf(principal, body.actor_id), conversationId: body.conversation_id, clientMessageId: body.client_message_id, message: body.message });
    await this.parts.worker.take(turn);
    return turn;
  }

  /** The reply when it is final or waits for people; after a bounded wait what is known so far. */
  async reply(key: TurnKey): Promise<ChatReplyView> {
    const began = performance.now();
    for (;;) {
      const turn = await this.current(key);
      const waited = performance.now() - began;
      if (turn.status === 'done' || turn.status === 'waiting') return turn.reply!;
      if (turn.status === 'running' && waited >= this.parts.waitMs) return this.parts.answerer.soFar(turn);
      if (waited >= READING_MS) return errorReply(turn, 'still-working', 'The message is still being worked on. Ask for the conversation later.');
      await this.change(key, turn.status === 'running' ? Math.min(POLL_MS, this.parts.waitMs - waited) : POLL_MS);
    }
  }

  /** Resolves when something was told of the turn, or after so many milliseconds. */
  change(key: TurnKey, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unwatch();
        resolve();
      };
      const unwatch = this.parts.watchers.watch(key, done);
      const timer = setTimeout(done, Math.max(1, withinMs));
    });
  }

  async current(key: TurnKey): Promise<StoredTurn> {
    const turn = await this.parts.store.turn(key);
    if (!turn) throw noTurn();
    return turn;
  }

  /** What was told on the way so far. */
  eventsOf(turn: StoredTurn): readonly ChatEvent[] {
    const told = this.parts.watchers.told(turn) ?? [];
    return told.length > turn.events.length ? told : turn.events;
  }

  async progress(turn: StoredTurn): Promise<ChatProgressView | undefined> {
    if (turn.status !== 'running' || turn.runId === null) return undefined;
    const run = await this.parts.reader.getRun(turn.principal.tenantId, turn.runId);
    return {
      workflow_id: run.id, status: run.status,
      steps: run.steps.map((s) => ({ id: s.id, tool: s.tool, status: s.status, total: s.total, done: s.total === null ? 0 : s.total - s.counts.pending - s.counts.queued - s.counts.running })),
    };
  }

  list(principal: Principal, { actor_id: actorId, limit = DEFAULT_PAGE, cursor }: ListConversationsQueryDto): Promise<ConversationPageView> {
    return this.parts.store.list(ownerOf(principal, actorId), { limit, cursor });
  }

  async get(principal: Principal, id: string, actorId: string | undefined): Promise<ConversationView> {
    const { usage, ...summary } = await this.parts.store.summary(ownerOf(principal, actorId), id);
    const turns = await this.parts.store.turns(id);
    return { ...summary, usage, messages: await Promise.all(turns.map((t) => this.viewOf(t))) };
  }

  /** A turn of a conversation that the principal may see. */
  async turnOf(principal: Principal, place: { readonly id: string; readonly turn: string; readonly actorId: string | undefined }): Promise<StoredTurn> {
    await this.parts.store.summary(ownerOf(principal, place.actorId), place.id);
    const number = /^[1-9]\d{0,5}$/.test(place.turn) ? Number(place.turn) : 0;
    return this.current({ conversationId: place.id, turn: number });
  }

  async viewOf(turn: StoredTurn): Promise<ChatTurnView> {
    return { turn: turn.turn, client_message_id: turn.clientMessageId, message: neutralText(turn.message).shown, at: turn.at, reply: turn.status === 'running' ? await this.parts.answerer.soFar(turn) : turn.reply };
  }

  /** A whole table of a turn's answer. @throws ProblemError 404 `table-not-found` */
  async table(turn: StoredTurn, number: string, status: ItemStatus | undefined): Promise<ChatFullTableView> {
    const answers = turn.work === null ? [] : tabled(turn.work);
    const answer = /^\d{1,3}$/.test(number) ? answers[Number(number)] : undefined;
    if (!answer || turn.runId === null) throw new ProblemError(404, 'table-not-found', `the answer of that message has ${answers.length === 0 ? 'no tables' : `tables 0 to ${answers.length - 1}`}`);
    const table = fullTable(answer, await readRun(this.parts, turn.principal, { runId: turn.runId, steps: [answer.step] }));
    if (status === undefined) return table;
    const rows = table.rows.filter((r) => r.status === status);
    return { ...table, rows, total_rows: rows.length };
  }
}

/** Whose conversations are meant; where authentication is off and nobody is named, everybody's. */
function ownerOf(principal: Principal, named: string | undefined): Owner {
  return { tenantId: principal.tenantId, actorId: isAnonymous(principal) ? named : actorOf(principal, named) };
}

function noTurn(): ProblemError {
  return new ProblemError(404, 'turn-not-found', 'the conversation has no such message');
}
