import { ProblemError } from '@opsmesh/platform';
import type { RunApprovals } from '../approvals/ports.js';
import { confirmationView, driftConfirmation, driftMessage, errorReply, planView, replyOf } from './reply.js';
import { proposalKey, type ChatEvent, type StoredTurn, type TurnChange, type TurnWork } from './turn.js';

/** Proposes the plans of turns, and looks what people said of them. */
export class TurnActor {
  constructor(private readonly approvals: RunApprovals) {}

  /** Starts what policy lets run, asks people about the rest. Under the turn's key, so that doing it again gives the same run or proposal. */
  async act(turn: StoredTurn, work: TurnWork, tell: (event: ChatEvent) => void): Promise<TurnChange> {
    try {
      const preview = await this.approvals.preview(turn.principal, { plan: work.plan });
      const shown: TurnWork = { ...work, risk: { class: preview.risk.class, steps: preview.steps.map(({ id, tool, effect, class: judged }) => ({ id, tool, effect, class: judged })) } };
      const proposed = await this.approvals.propose(turn.principal, { plan: work.plan, origin: 'chat', requestedBy: turn.actorId, idempotencyKey: proposalKey(turn) });
      if (proposed.kind === 'started') return { status: 'running', work: shown, runId: proposed.runId };
      const confirmation = confirmationView({ preview: proposed.preview, approval: proposed.approval });
      const how = confirmation.approve_by_message ? 'Say "approve" or "reject".' : `It needs ${confirmation.wanted}.`;
      const reply = replyOf(turn, 'confirmation', `${work.intention} Risk: ${confirmation.risk}. ${how}`, { notes: [...work.notes], plan: planView(shown), confirmation });
      tell({ type: 'confirmation', data: reply });
      return { status: 'waiting', work: shown, runId: proposed.runId, reply };
    } catch (e) {
      if (!(e instanceof ProblemError)) throw e;
      return { status: 'done', work, reply: errorReply(turn, e.code, `${e.detail}. Nothing was done.`, { notes: [...work.notes], plan: planView(work) }) };
    }
  }

  /** Undefined while people have not decided. What they are asked anew is told. */
  async waited(turn: StoredTurn, tell: (event: ChatEvent) => void): Promise<TurnChange | undefined> {
    const { runId, reply } = turn;
    if (runId === null || !reply?.confirmation) throw new Error(`turn ${turn.turn} waits for approval and does not say of what`);
    const proposal = await this.approvals.find(turn.principal, runId);
    if (!proposal) return { status: 'running' };
    const last = proposal.approvals.at(-1);
    const { confirmation } = reply;
    if (proposal.status === 'rejected' || proposal.status === 'withdrawn' || proposal.status === 'expired') {
      const who = last?.acts.findLast((a) => a.decision !== 'approve');
      const by = who ? ` by ${who.actor_id}${who.comment ? ` (${who.comment})` : ''}` : '';
      const message = proposal.status === 'expired' ? 'Nobody approved it in time: nothing was done.' : `${proposal.status === 'rejected' ? 'Rejected' : 'Withdrawn'}${by}: nothing was done.`;
      return { status: 'done', reply: { ...reply, kind: 'answer', message, confirmation: { ...confirmation, status: proposal.status } } };
    }
    if (last && last.id !== confirmation.approval_id) {
      const again = { ...reply, message: driftMessage(last), confirmation: driftConfirmation(confirmation, last) };
      tell({ type: 'confirmation', data: again });
      return { status: 'waiting', reply: again };
    }
    return undefined;
  }
}
