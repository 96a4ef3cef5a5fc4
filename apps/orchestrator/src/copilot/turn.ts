import type { ChatEventType, ChatReplyView } from '@opsmesh/contracts';
import type { AnswerDescription, ConversationState, CopilotReply, Generation, PlanDocument, PlanSource, Usage } from '@opsmesh/copilot';
import type { Principal } from '@opsmesh/platform';

/**
 * Where a turn (one message and what becomes of it) is. Each step is one commit, and what a step does to the world is idempotent, so that any process can go on at any of them.
 * `reading`: the message is to be understood; `acting`: its plan is to be proposed; `waiting`: people are to agree; `running`: the run goes; `done`: the reply is final.
 */
export type TurnStatus = 'reading' | 'acting' | 'waiting' | 'running' | 'done';

export interface JudgedStep {
  readonly id: string;
  readonly tool: string;
  /** As the tool declares it. */
  readonly effect: string;
  /** What the step does, as the server judges it: `read`, `write`, `destructive` or `uninspectable`. */
  readonly class: string;
}

/** What is to be done after a message was read. */
export interface TurnWork {
  readonly plan: PlanDocument;
  readonly answers: readonly AnswerDescription[];
  /** What will be done, in words. */
  readonly intention: string;
  readonly notes: readonly string[];
  readonly source: PlanSource | null;
  /** Risk that the server computed, of the whole and of each step of a tool, those that compensate among them. Null before the plan was previewed. */
  readonly risk: { readonly class: string; readonly steps: readonly JudgedStep[] } | null;
}

/** Something told on the way to a reply. */
export interface ChatEvent {
  readonly type: ChatEventType;
  readonly data: object;
}

/** How a message became a plan, or did not; kept for `GET /generations`. */
export interface TurnGeneration extends Generation, Pick<CopilotReply, 'repairs' | 'dropped'> {
  readonly kind: CopilotReply['kind'];
}

export interface TurnKey {
  readonly conversationId: string;
  readonly turn: number;
}

export interface StoredTurn extends TurnKey {
  readonly actorId: string;
  readonly principal: Principal;
  readonly clientMessageId: string | null;
  readonly message: string;
  readonly status: TurnStatus;
  readonly work: TurnWork | null;
  /** Null until there is something to say; final when `done`. */
  readonly reply: ChatReplyView | null;
  readonly events: readonly ChatEvent[];
  readonly runId: string | null;
  /** What models used for it so far. */
  readonly usage: Usage | null;
  /** ISO 8601. */
  readonly at: string;
}

/** What one step of a turn commits. What is left out stays. */
export interface TurnChange {
  readonly status: TurnStatus;
  readonly work?: TurnWork;
  readonly reply?: ChatReplyView;
  readonly events?: readonly ChatEvent[];
  readonly generation?: TurnGeneration;
  readonly usage?: Usage;
  readonly runId?: string;
  /** What the copilot keeps for the next message. */
  readonly state?: ConversationState;
}

/** Under this key a turn's plan is proposed: the same for whoever goes on with it. */
export function proposalKey({ conversationId, turn }: TurnKey): string {
  return `chat:${conversationId}:${turn}`;
}
