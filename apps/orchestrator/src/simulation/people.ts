import { failure } from '@opsmesh/contracts';
import { isTerminalRun, type RunEvent } from '@opsmesh/plan-model';
import { decided, signalled } from '../engine/begin-item.js';
import type { Ending } from '../engine/timed-event.js';
import type { Database, ItemRow, RunRows } from './database.js';
import type { OrchestratorProcess } from './orchestrator-process.js';
import { Party, type Scheduler } from './scheduler.js';

interface Crowd {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly orchestrators: () => readonly OrchestratorProcess[];
  readonly heard: (error: unknown) => void;
}

const WANTS = ['cancel', 'pause', 'signal', 'vote', 'resolve', 'repeat', 'policy', 'resume', 'early signal'] as const;

/** What people do to runs, at odd moments. Nobody waits for an answer. */
export class People {
  private party = new Party('people');

  constructor(private readonly crowd: Crowd) {}

  /** Something that may make sense for some run. */
  meddle(): void {
    const { database, scheduler: { choices } } = this.crowd;
    const open = [...database.runs.values()].filter((r) => r.state !== '' && !isTerminalRun(r.status));
    const doubtful = [...database.runs.values()].filter((r) => [...r.items.values()].some((i) => i.status === 'unknown'));
    const want = choices.pick(WANTS);
    if (want === 'resolve' && doubtful.length > 0) return this.resolve(choices.pick(doubtful));
    if (open.length === 0) return;
    const run = choices.pick(open);
    switch (want) {
      case 'cancel': return this.tell(run, { type: 'cancel' });
      case 'pause': return this.tell(run, { type: 'pause' });
      case 'resume': return this.tell(run, { type: 'resume' });
      case 'vote': return this.vote(run);
      case 'repeat': return this.repeat(run);
      case 'policy': return this.changePolicy(run);
      case 'resolve': return;
      case 'signal':
      case 'early signal': return this.signal(run);
    }
  }

  /** Somebody: one who lost the connection for good is followed by another. */
  private get person(): Party {
    if (!this.party.alive) this.party = new Party('people');
    return this.party;
  }

  /** Does what runs wait for people to do. @returns whether there was anything */
  help(): boolean {
    for (const run of this.crowd.database.runs.values()) {
      if (run.status === 'paused') {
        this.tell(run, { type: 'resume' });
        return true;
      }
      const waits = [...run.items.values()].some((i) => i.status === 'running' && isEndlessWait(run, i));
      if (waits && !isTerminalRun(run.status) && !run.stopping) {
        this.signal(run);
        return true;
      }
    }
    return false;
  }

  private tell({ facts: { id } }: RunRows, event: RunEvent): void {
    const up = this.crowd.orchestrators();
    if (up.length === 0) return;
    const { scheduler } = this.crowd;
    scheduler.say(() => `people: ${event.type} ${id}`);
    scheduler.choices.pick(up).engine.submit([{ kind: 'event', runId: id, event }]).catch(this.crowd.heard);
  }

  private resolve(run: RunRows): void {
    const item = this.one(run, (i) => i.status === 'unknown');
    if (item) this.tell(run, { type: 'resolved', step: item.step, item: item.item, attempt: item.attempt, status: this.crowd.scheduler.choices.pick(['succeeded', 'failed'] as const), reason: 'seen', actor: 'ann' });
  }

  private repeat(run: RunRows): void {
    const item = this.one(run, (i) => i.status === 'unknown' || (i.status === 'failed' && i.attempt > 0));
    if (item) this.tell(run, { type: 'repeat', step: item.step, item: item.item, attempt: item.attempt, reason: 'once more', actor: 'ann' });
  }

  private changePolicy(run: RunRows): void {
    const { choices } = this.crowd.scheduler;
    const steps = run.facts.plan.steps.filter((s) => s.forEach !== null && s.kind === 'tool');
    if (steps.length > 0) this.tell(run, { type: 'policy-changed', step: choices.pick(steps).index, map: { concurrency: 1 + choices.below(4) }, actor: 'ann' });
  }

  /** As the store does it: under the lock of the run, kept when nobody waits. */
  private signal({ facts: { id } }: RunRows): void {
    const { database, scheduler } = this.crowd;
    void scheduler.effect(this.person, `signal ${id}`, () => {
      const run = database.runs.get(id)!;
      if (isTerminalRun(run.status)) return;
      const over = new Set([...database.timers.values()].filter((t) => t.runId === id && t.dueAt <= scheduler.now && t.event.kind === 'finish').map(({ event }) => ('item' in event ? `${event.step}.${event.item}` : '')));
      const waiting = [...run.items.values()].filter((i) => i.status === 'running' && i.inputs?.['signal'] === 'go' && run.facts.plan.steps[i.step]!.kind === 'wait' && !over.has(`${i.step}.${i.item}`));
      for (const i of waiting) this.end(id, i, signalled('now'));
      database.change(id, ({ signals }) => (waiting.length > 0 ? {} : { signals: [...signals, { name: 'go', payload: 'kept', at: scheduler.now }] }));
    }, () => !database.runLocks.has(id)).catch(() => undefined);
  }

  private vote(run: RunRows): void {
    const { scheduler } = this.crowd;
    const item = this.one(run, (i) => i.status === 'running' && run.facts.plan.steps[i.step]!.kind === 'approval');
    const chosen = item ?? this.one(run, (i) => i.status === 'running' && run.facts.plan.steps[i.step]!.kind === 'decide');
    if (!chosen) return;
    const ending: Ending = !item ? decided('right', 'model') : scheduler.choices.oneIn(3)
      ? { outcome: { status: 'failed', failure: failure('approval-rejected', 'no') }, output: { decision: 'rejected' } }
      : { outcome: { status: 'succeeded' }, output: { decision: 'approved' } };
    void scheduler.effect(this.person, `vote ${run.facts.id}`, () => { this.end(run.facts.id, chosen, ending); }).catch(() => undefined);
  }

  private end(runId: string, { step, item, attempt }: ItemRow, ending: Ending): void {
    this.crowd.database.insertTimer(runId, 0, { kind: 'finish', step, item, attempt, ending });
  }

  private one(run: RunRows, which: (item: ItemRow) => boolean): ItemRow | undefined {
    const found = [...run.items.values()].filter(which);
    return found.length > 0 ? this.crowd.scheduler.choices.pick(found) : undefined;
  }
}

function isEndlessWait({ facts }: RunRows, { step }: ItemRow): boolean {
  const wait = facts.plan.steps[step]!;
  return wait.kind === 'wait' && wait.ms === null && wait.timeoutMs === null;
}
