import { chooseBranch, type Asking } from '@opsmesh/copilot';
import type { Logger } from 'pino';
import { decided } from '../../engine/begin-item.js';
import type { Engine } from '../../engine/engine.js';
import type { WantedDecision } from '../../engine/ports.js';
import { submissionOf } from '../../engine/timed-event.js';
import type { DecisionStore } from './decision-store.js';

export interface DecisionParts {
  readonly engine: () => Engine;
  readonly asking: Asking;
  readonly kept: DecisionStore;
  readonly log: Logger;
}

/** Calls of the model at the same time, and decisions that wait for one; beyond that the default is taken in its time. */
const AT_ONCE = 8;
const WAITING = 1000;

/**
 * Has the model choose for decision steps. Whatever goes wrong the engine takes the default when its time is over: this is never needed for a run to go on.
 * What was chosen, by whom, why and for how many tokens is kept.
 */
export class DecisionMaker {
  private readonly waiting: WantedDecision[] = [];
  private readonly inHand = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(private readonly parts: DecisionParts) {}

  wanted(decisions: readonly WantedDecision[]): void {
    if (this.stopping.signal.aborted) return;
    this.waiting.push(...decisions.slice(0, Math.max(0, WAITING - this.waiting.length)));
    this.next();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.waiting.length = 0;
    await Promise.all(this.inHand);
  }

  private next(): void {
    while (this.inHand.size < AT_ONCE && this.waiting.length > 0) {
      const work = this.decide(this.waiting.shift()!).catch((e: unknown) => { this.parts.log.warn({ err: e }, 'a decision was left to its default'); });
      const done = work.finally(() => {
        this.inHand.delete(done);
        this.next();
      });
      this.inHand.add(done);
    }
  }

  private async decide(wanted: WantedDecision): Promise<void> {
    const { runId, step, item, attempt, tenantId, question, choices, default: fallback, timeoutMs } = wanted;
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(timeoutMs)]);
    const made = await chooseBranch({ tenantId, question, choices, default: fallback, signal }, this.parts.asking);
    await this.parts.kept.keep(wanted, made);
    // Whose time is over is decided already.
    if (signal.aborted) return;
    await this.parts.engine().submit([submissionOf(runId, { kind: 'finish', step, item, attempt, ending: decided(made.choice, made.by) })]);
  }
}
