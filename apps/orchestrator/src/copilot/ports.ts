import type { ChatUsageView, ConversationPageView, ConversationSummaryView, GenerationPageView, ListGenerationsQueryDto } from '@opsmesh/contracts';
import type { ConversationState, RunSummaryForLearning } from '@opsmesh/copilot';
import type { Principal } from '@opsmesh/platform';
import type { StoredTurn, TurnChange, TurnKey, TurnStatus } from './turn.js';

export interface NewMessage {
  readonly principal: Principal;
  readonly actorId: string;
  readonly conversationId: string | undefined;
  readonly clientMessageId: string | undefined;
  readonly message: string;
}

export interface StoredConversation {
  readonly id: string;
  readonly actorId: string;
  readonly state: ConversationState;
}

/** Whose conversations are meant; an undefined actor: everybody's of the tenant, where authentication is off. */
export interface Owner {
  readonly tenantId: string;
  readonly actorId: string | undefined;
}

/** Conversations and their turns. It decides nothing. What belongs to others is not there. */
export interface ChatStore {
  /**
   * Stores a message as a turn of its own; the one that is stored already when its client message id is known.
   * @throws ProblemError 404 `conversation-not-found`, 409 `conversation-full`, 422 `client-message-id-reused`
   */
  receive(message: NewMessage): Promise<StoredTurn>;
  /** Holds a turn for this process, when nobody does, it is not done, and no earlier message of its conversation is still to be read. */
  hold(key: TurnKey): Promise<StoredTurn | undefined>;
  /** Holds turns that can go on, at most `limit`. */
  holdSome(limit: number): Promise<StoredTurn[]>;
  /** Goes on holding. */
  keep(key: TurnKey): Promise<void>;
  /** Lets go; nobody takes it for so many milliseconds. */
  release(key: TurnKey, afterMs: number): Promise<void>;
  /** Commits a step of a turn, unless it is not at `from` any more. @returns the turn as it is now, undefined when it was elsewhere */
  commit(key: TurnKey, from: TurnStatus, change: TurnChange): Promise<StoredTurn | undefined>;
  turn(key: TurnKey): Promise<StoredTurn | undefined>;
  conversation(id: string): Promise<StoredConversation | undefined>;
  /** The turn whose plan waits for people, the newest. */
  newestWaiting(conversationId: string): Promise<StoredTurn | undefined>;
  /** @throws ProblemError 404 `conversation-not-found` */
  summary(owner: Owner, id: string): Promise<ConversationSummaryView & { readonly usage: ChatUsageView }>;
  /** The newest 200, oldest first. */
  turns(conversationId: string): Promise<StoredTurn[]>;
  list(owner: Owner, page: { readonly limit: number; readonly cursor: string | undefined }): Promise<ConversationPageView>;
  generations(tenantId: string, query: ListGenerationsQueryDto): Promise<GenerationPageView>;
  /** The newest finished runs of conversations, to learn templates from; at most 500. */
  finishedRuns(tenantId: string): Promise<RunSummaryForLearning[]>;
}
export const CHAT_STORE = Symbol('CHAT_STORE');
