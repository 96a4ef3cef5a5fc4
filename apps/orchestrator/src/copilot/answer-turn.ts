import type { ChatReplyView } from '@opsmesh/contracts';
import { NO_USAGE, summed, type Asking } from '@opsmesh/copilot';
import { proseAbout } from './answer/prose.js';
import { readRun, type RunSources } from './answer/read-run.js';
import { runAnswer, stepsToRead } from './answer/run-answer.js';
import { planView, replyOf, usageView } from './reply.js';
import type { StoredTurn, TurnChange } from './turn.js';

export interface AnsweringParts extends RunSources {
  /** Writes prose around computed facts; undefined: none. */
  readonly model: Asking | undefined;
  readonly now: () => Date;
}

/** Computes the reply of a turn from its run. */
export class TurnAnswerer {
  constructor(private readonly parts: AnsweringParts) {}

  /** As far as the run is. */
  async soFar(turn: StoredTurn): Promise<ChatReplyView> {
    const { work, runId } = turn;
    if (!work || runId === null) throw new Error(`turn ${turn.turn} has no run`);
    const record = await readRun(this.parts, turn.principal, { runId, steps: stepsToRead(work) });
    const { result, message } = runAnswer(turn, work, record, this.parts.now());
    const ended = record.run.finishedAt !== null;
    // A question about the inventory alone is answered; what ran on hosts is a result.
    const kind = ended && work.source === 'inventory' ? 'answer' : 'execution_result';
    return replyOf(turn, kind, message, { notes: [...work.notes], plan: planView(work, record.run), result, usage: turn.usage !== null && turn.usage.calls > 0 ? usageView([turn.usage]) : null, ...(turn.reply?.confirmation ? { confirmation: { ...turn.reply.confirmation, status: 'approved' } } : {}) });
  }

  /** The reply of a run that has ended, with a model's prose where one is set up. */
  async withProse(turn: StoredTurn, reply: ChatReplyView, signal: AbortSignal): Promise<Pick<TurnChange, 'usage'> & { readonly reply: ChatReplyView }> {
    if (!this.parts.model || !reply.result || turn.work?.source === 'inventory') return { reply };
    const { prose, usage: used } = await proseAbout(reply.result, { tenantId: turn.principal.tenantId, signal }, this.parts.model);
    const usage = summed(turn.usage ?? NO_USAGE, used);
    return { reply: { ...reply, prose, usage: usageView([usage]) }, usage };
  }
}
