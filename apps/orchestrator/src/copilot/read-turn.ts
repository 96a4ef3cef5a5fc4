import { REDACTED } from '@opsmesh/contracts';
import { Catalogue, Copilot, type Asking, type CopilotEvent, type CopilotReply, type InventoryFacts, type TemplateStore } from '@opsmesh/copilot';
import { hasScope, ProblemError } from '@opsmesh/platform';
import { compileDocument, type CatalogueTool, type ToolCatalogue } from '@opsmesh/plan-model';
import type { RunApprovals } from '../approvals/ports.js';
import type { CatalogueReader } from '../http/ports.js';
import { approvalWord } from './approval-words.js';
import type { ChatStore } from './ports.js';
import { driftConfirmation, driftMessage, errorReply, replyOf, usageView } from './reply.js';
import type { ChatEvent, StoredTurn, TurnChange } from './turn.js';

export interface ReadingParts {
  readonly store: ChatStore;
  readonly facts: InventoryFacts;
  readonly templates: TemplateStore;
  readonly catalogue: CatalogueReader;
  readonly approvals: RunApprovals;
  /** Undefined: only the built-in planner. */
  readonly model: Asking | undefined;
  readonly now: () => Date;
}

/** Rows of earlier answers that a model may look at. */
const ROWS_FOR_MODEL = 20;

/** Understands one message: a reply at once, a plan to be proposed, or a word on what waits for approval. */
export class TurnReader {
  private readonly indexed = new WeakMap<ToolCatalogue, Catalogue>();

  constructor(private readonly parts: ReadingParts) {}

  async read(turn: StoredTurn, { tell, signal }: { readonly tell: (event: ChatEvent) => void; readonly signal: AbortSignal }): Promise<TurnChange> {
    const conversation = await this.parts.store.conversation(turn.conversationId);
    if (!conversation) throw new Error(`turn ${turn.turn} has no conversation`);
    const word = conversation.state.pending === null ? approvalWord(turn.message) : undefined;
    const waiting = word === undefined ? undefined : await this.parts.store.newestWaiting(turn.conversationId);
    if (word !== undefined && waiting) return this.decide(turn, waiting, word);
    const settled = word === undefined ? undefined : await this.settled(turn, word);
    if (settled) return settled;
    const tools = await this.parts.catalogue.current();
    const { facts, templates, model, now } = this.parts;
    const copilot = new Copilot({
      facts, templates, now, catalogue: () => Promise.resolve(this.catalogueOf(tools)), compile: (plan) => compileDocument(plan, tools).diagnostics, ...(model === undefined ? {} : { model }),
    });
    const outputs = model === undefined ? undefined : await this.earlierOutputs(turn);
    const reply = await copilot.reply({ tenantId: turn.principal.tenantId, text: turn.message, state: conversation.state, signal, ...(outputs === undefined ? {} : { outputs }), onEvent: (e) => tell(eventOf(e)) });
    return withoutSecrets(turn, changeOf(turn, reply));
  }

  private catalogueOf(tools: ToolCatalogue & { all(): CatalogueTool[] }): Catalogue {
    let found = this.indexed.get(tools);
    if (!found) this.indexed.set(tools, found = new Catalogue(tools.all()));
    return found;
  }

  /** Tables of the last answer of the conversation, for the model only. */
  private async earlierOutputs(turn: StoredTurn): Promise<unknown> {
    if (turn.turn === 1) return undefined;
    const before = await this.parts.store.turn({ conversationId: turn.conversationId, turn: turn.turn - 1 });
    const tables = before?.reply?.result?.tables ?? [];
    return tables.length === 0 ? undefined : tables.map(({ subject, columns, rows }) => ({ subject, columns: columns.map((c) => c.title), rows: rows.slice(0, ROWS_FOR_MODEL).map((r) => [r.target, r.status, ...r.cells]) }));
  }

  /** A word on the plan of the message before, when that waits no more; undefined when there was nothing to decide. */
  private async settled(turn: StoredTurn, decision: 'approve' | 'reject'): Promise<TurnChange | undefined> {
    const before = await this.parts.store.turn({ conversationId: turn.conversationId, turn: turn.turn - 1 });
    return before && before.reply?.confirmation ? this.decidedBefore(turn, before, decision) : undefined;
  }

  /** What became of a plan that was decided elsewhere, or by this very word before a process ended. */
  private async decidedBefore(turn: StoredTurn, { work, runId }: StoredTurn, decision: 'approve' | 'reject'): Promise<TurnChange | undefined> {
    if (!work || runId === null) return undefined;
    const say = (message: string): TurnChange => ({ status: 'done', reply: replyOf(turn, 'answer', message) });
    const proposal = await this.parts.approvals.find(turn.principal, runId);
    if (!proposal) return decision === 'approve' ? { status: 'running', work, runId } : say(`It was approved before and is not stopped by this: cancel it with POST /runs/${runId}/cancel.`);
    switch (proposal.status) {
      case 'expired': return say('Nobody approved it in time: nothing was done.');
      case 'rejected': case 'withdrawn': return say(`It was ${proposal.status} before: nothing was done.`);
      default: return undefined;
    }
  }

  /** A `yes` or `no` of the conversation. An approval counts only where policy takes one word of the requester; a rejection always. */
  private async decide(turn: StoredTurn, waiting: StoredTurn, decision: 'approve' | 'reject'): Promise<TurnChange> {
    const { confirmation, plan } = waiting.reply ?? {};
    const { work, runId } = waiting;
    if (!confirmation || !work || runId === null) throw new Error(`turn ${waiting.turn} waits for approval and does not say of what`);
    const say = (message: string): TurnChange => ({ status: 'done', reply: replyOf(turn, 'answer', message, { suggestions: [] }) });
    if (waiting.turn !== turn.turn - 1) return { status: 'done', reply: replyOf(turn, 'question', `Do you mean the plan of message ${waiting.turn}, "${plan?.name ?? ''}"? Decide it at ${confirmation.decide_url}, or say again what you want.`) };
    if (!hasScope(turn.principal, 'runs:approve')) return { status: 'done', reply: errorReply(turn, 'forbidden', 'the token lacks the scope runs:approve: nothing was decided') };
    if (decision === 'approve' && !confirmation.approve_by_message) return say(`This can't be approved by a message: it needs ${confirmation.wanted}. Decide it at ${confirmation.decide_url}. Nothing was done.`);
    try {
      const { approval, started } = await this.parts.approvals.decide(turn.principal, {
        runId, approval: confirmation.approval_id, decision, manifestSha256: confirmation.manifest_sha256, comment: 'said in the conversation', actorId: turn.actorId,
      });
      // Its own reply is to change now, not when it is next looked at.
      await this.parts.store.release(waiting, 0);
      if (decision === 'reject') return say('Rejected: nothing was done.');
      if (started) return { status: 'running', work, runId };
      if (approval.status !== 'open' && approval.id === confirmation.approval_id) return { status: 'waiting', work, runId, reply: replyOf(turn, 'confirmation', 'Approved; it starts as soon as its targets are confirmed.', { plan: plan ?? null, confirmation: { ...confirmation, status: approval.status } }) };
      return { status: 'waiting', work, runId, reply: replyOf(turn, 'confirmation', driftMessage(approval), { plan: plan ?? null, confirmation: driftConfirmation(confirmation, approval) }) };
    } catch (e) {
      if (!(e instanceof ProblemError) || e.status >= 500) throw e;
      const settled = e.code === 'approval-closed' || e.code === 'approval-expired' ? await this.decidedBefore(turn, waiting, decision) : undefined;
      if (settled) return settled;
      return { status: 'done', reply: errorReply(turn, e.code, `${e.detail}. Nothing was done by this message.`) };
    }
  }
}

function changeOf(turn: StoredTurn, reply: CopilotReply): TurnChange {
  const { usage, state, repairs, dropped } = reply;
  const kept = { usage, state, generation: { ...reply.generation, repairs, dropped, kind: reply.kind } };
  const told = { usage: usage.calls > 0 ? usageView([usage]) : null };
  switch (reply.kind) {
    case 'plan': return { ...kept, status: 'acting', work: { plan: reply.plan, answers: reply.answers, intention: reply.message, notes: reply.notes, source: reply.generation.source, risk: null } };
    case 'question': return { ...kept, status: 'done', reply: replyOf(turn, 'question', reply.message, { options: reply.options.map((o) => ({ ...o })), ...told }) };
    case 'answer': return { ...kept, status: 'done', reply: replyOf(turn, 'answer', reply.message, { suggestions: [...reply.suggestions], ...told }) };
  }
}

/** What looked like a secret was not kept: it is said, and nothing is run with the gap. */
function withoutSecrets(turn: StoredTurn, change: TurnChange): TurnChange {
  if (!turn.message.includes(REDACTED)) return change;
  const warning = 'What looks like a secret in your message was dropped: credentials come from the asset store.';
  const { work, ...rest } = change;
  if (work && JSON.stringify(work.plan).includes(REDACTED)) return { ...rest, status: 'done', reply: replyOf(turn, 'answer', `${warning} Without it there is nothing to run; say it again without the secret. Nothing was done.`) };
  if (work) return { ...change, work: { ...work, notes: [...work.notes, warning] } };
  return change.reply ? { ...change, reply: { ...change.reply, notes: [...change.reply.notes, warning] } } : change;
}

function eventOf({ type, ...data }: CopilotEvent): ChatEvent {
  return { type, data };
}
