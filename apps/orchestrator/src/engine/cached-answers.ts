import { hash } from 'node:crypto';
import { canonicalJson } from '@opsmesh/contracts';
import { itemRange, toolStep, type JsonObject, type ToolStep } from '@opsmesh/plan-model';
import type { CommitInProgress } from './commit-in-progress.js';
import type { WantedAttempt } from './outbox.js';
import type { CachedOutput, CacheQuestion } from './ports.js';
import { itemKey } from './positions.js';
import { ORCHESTRATOR } from './timed-event.js';

/** Items of a step that are looked up along with the first, in case they start in the same commit. */
const AHEAD = 200;

/** What a call is: two with the same key get the same answer. */
export function cacheKeyOf(tenantId: string, { tool, toolVersion }: Pick<ToolStep, 'tool' | 'toolVersion'>, bound: JsonObject): string {
  return hash('sha256', canonicalJson([tenantId, tool, toolVersion, bound]));
}

/**
 * Attempts that an output of an earlier call may answer. They are asked together before the commit ends, and each is then ended or sent:
 * one question to the record for many attempts, none where nothing may be cached.
 */
export class CachedAnswers {
  private waiting: WantedAttempt[] = [];
  private readonly known = new Map<string, CachedOutput>();
  /** By run and step, up to which item it was asked. */
  private readonly asked = new Map<string, number>();

  constructor(private readonly commit: CommitInProgress, private readonly send: (wanted: WantedAttempt) => void) {}

  /** The attempt is sent or ended by {@link settle}. */
  add(wanted: WantedAttempt): void {
    this.waiting.push(wanted);
  }

  async settle(): Promise<void> {
    // What ends here may start further attempts.
    while (this.waiting.length > 0) {
      const attempts = this.waiting;
      this.waiting = [];
      await this.ask(attempts);
      for (const wanted of attempts) {
        const found = this.known.get(itemKey(wanted.runId, wanted.step, wanted.item));
        if (found) await this.answer(wanted, found);
        else this.send(wanted);
      }
    }
  }

  private async ask(attempts: readonly WantedAttempt[]): Promise<void> {
    const questions = new Map<string, CacheQuestion>();
    for (const { runId, step, item } of attempts) {
      const place = `${runId}.${step}`;
      if (item <= (this.asked.get(place) ?? -1)) continue;
      const { from = item, to = item } = questions.get(place) ?? {};
      const { facts, state } = this.commit.loaded.runs.get(runId)!;
      // In a loop the numbers go on with the next iteration, whose items are not there yet.
      const last = itemRange(state.steps[step]!).to - 1;
      questions.set(place, { runId, step, from: Math.min(from, item), to: Math.max(to, Math.min(item + AHEAD, last)), ttlMs: toolStep(facts.plan, step).cacheMs! });
    }
    if (questions.size === 0) return;
    await this.commit.flush();
    for (const found of await this.commit.tx.loadCached([...questions.values()])) this.known.set(itemKey(found.runId, found.step, found.item), found);
    for (const [place, { to }] of questions) this.asked.set(place, to);
  }

  private async answer({ runId, step, item, attempt }: WantedAttempt, { output, from }: CachedOutput): Promise<void> {
    this.commit.changes.cached.push({ runId, step, item, from });
    await this.commit.apply({
      kind: 'event', runId, event: { type: 'finished', step, item, attempt, outcome: { status: 'succeeded' }, random: 0, cachedFrom: from },
      result: { output, workerId: ORCHESTRATOR, durationMs: null },
    });
  }
}
