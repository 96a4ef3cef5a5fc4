import { AsyncLocalStorage } from 'node:async_hooks';
import { isTracing } from '../tracing/spans.js';

export interface GatherLimits {
  /** Batches under way at once; more questions wait for one of them and go together. Default 2: a slow one does not hold up all others. */
  readonly atOnce?: number;
  /** Most questions in a batch. */
  readonly most: number;
}

/** Answers a batch, one outcome for each question in their order. What it throws is the outcome of all of them. */
export type AnswerAll<Q, A> = (questions: readonly Q[]) => Promise<readonly PromiseSettledResult<A>[]>;

interface Waiting<Q, A> {
  readonly question: Q;
  readonly ok: (answer: A) => void;
  readonly bad: (error: unknown) => void;
}

/**
 * Makes one batch of the questions of one turn of the event loop, and of those that come while earlier batches are under way.
 * 1. A lone question leaves in its own turn.
 * 2. A batch belongs to the trace of its first question.
 * 3. A question whose asker gave up before it left is not sent.
 */
export class Gathered<Q, A> {
  private readonly waiting: (Waiting<Q, A> & { readonly within: ReturnType<typeof AsyncLocalStorage.snapshot> | undefined })[] = [];
  private underWay = 0;
  private due = false;

  constructor(private readonly answerAll: AnswerAll<Q, A>, private readonly limits: GatherLimits) {}

  /** @throws what became of the question, or the signal's reason when that is aborted first */
  ask(question: Q, signal?: AbortSignal): Promise<A> {
    return new Promise<A>((ok, bad) => {
      if (signal?.aborted) return bad(signal.reason as Error);
      const aborted = (): void => {
        const at = this.waiting.indexOf(entry);
        if (at >= 0) this.waiting.splice(at, 1);
        bad(signal!.reason as Error);
      };
      const settle = <T>(end: (value: T) => void) => (value: T): void => {
        signal?.removeEventListener('abort', aborted);
        end(value);
      };
      const entry = { question, ok: settle(ok), bad: settle(bad), within: isTracing() ? AsyncLocalStorage.snapshot() : undefined };
      signal?.addEventListener('abort', aborted, { once: true });
      this.waiting.push(entry);
      this.plan();
      return undefined;
    });
  }

  private plan(): void {
    if (this.due || this.underWay >= (this.limits.atOnce ?? 2)) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      const batch = this.waiting.splice(0, this.limits.most);
      if (batch.length > 0) void this.answer(batch, batch[0]!.within);
      if (this.waiting.length > 0) this.plan();
    });
  }

  private async answer(batch: readonly Waiting<Q, A>[], within: (<R>(work: () => R) => R) = (work) => work()): Promise<void> {
    this.underWay++;
    try {
      const outcomes = await within(() => this.answerAll(batch.map((w) => w.question)));
      if (outcomes.length !== batch.length) throw new Error(`a batch of ${batch.length} was given ${outcomes.length} answers`);
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') batch[i]!.ok(outcome.value);
        else batch[i]!.bad(outcome.reason);
      }
    } catch (e) {
      for (const { bad } of batch) bad(e);
    } finally {
      this.underWay--;
      if (this.waiting.length > 0) this.plan();
    }
  }
}
