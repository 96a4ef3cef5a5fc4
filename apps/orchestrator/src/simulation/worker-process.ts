import { failure, FAILURE_MEANINGS, GRANT_SECONDS, parseAttemptId, WORKER_LOST_MS, type FailureCode, type FailureDto, type JobDto, type ResultDto } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import type { Database } from './database.js';
import type { Oracle } from './oracle.js';
import { inputSha256Of, type OrchestratorProcess } from './orchestrator-process.js';
import { ConnectionLost, type Party, type Scheduler } from './scheduler.js';
import type { Transport } from './simulated-redis.js';

export interface WorkerSurroundings {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly oracle: Oracle;
  /** Those that are up now. */
  readonly orchestrators: () => readonly OrchestratorProcess[];
  /** One attempt of so many fails; 0: none. */
  readonly failOneIn: number;
}

interface Running { readonly job: JobDto; aborted: boolean }
/** What a claim gave, which was asked for at `askedAt`: good until `expiresAt`. */
interface Grant { readonly keyThumbprint: string; readonly askedAt: number; readonly expiresAt: number }
/** A result as it was written, of a job. */
interface Published { readonly json: string; readonly job: JobDto }
interface Outcome { readonly failure: FailureDto | null; readonly output: object | null }

/** Attempts that a worker has in hand when it takes no more jobs. */
const CONCURRENCY = 2;
const BEAT_MS = 1000;
const CLAIM_AGAIN_MS = 100;
/** How long tools take. */
const DURATIONS = [0, 0, 300, 3000, 15_000];
/** How often a worker stands still between its claim and its act, and for how long, in milliseconds. */
const STANDS_STILL_ONE_IN = 50;
const LONG_STANDS = [12_000, 40_000];
/** How tools fail, before they acted and after. */
const BEFORE: readonly FailureCode[] = ['unreachable', 'service-unavailable', 'auth-failed'];
const AFTER: readonly FailureCode[] = ['nonzero-exit', 'timed-out', 'connection-lost', 'stop-unconfirmed', 'output-invalid'];

/**
 * A worker, by the contract of `AttemptRunner` in the worker runtime:
 * 1. An attempt that must be claimed is claimed before anything is done; a refusal leaves it to others without a word.
 * 2. The result is on the stream before the job returns, however often it must be written.
 * 3. A claimed attempt is claimed again when its grant has expired, or when the worker may have been given up since it asked for it; it does not begin without a good one.
 * 4. An attempt is active until its result is written; a second delivery of it is not run, one of a known result publishes that again.
 */
export class WorkerProcess {
  private readonly active = new Map<string, Running>();
  private readonly recent = new Map<string, Published>();
  private lastBeat: number;
  private beating = false;
  private claims = 0;
  private frozenAt = 0;
  private backAt = -Infinity;
  /** In an object for the reason that `SchedulerParts` gives. */
  private readonly turns = { take: () => { this.take(); }, beat: () => { void this.beat(); } };

  constructor(readonly party: Party, private readonly around: WorkerSurroundings) {
    const { database, scheduler, transport, oracle } = around;
    this.lastBeat = scheduler.now;
    database.workers.set(party.name, { id: party.name, seenAt: scheduler.now, active: [], resend: [], beats: () => this.isUp, lockedBy: new Set() });
    transport.subscribers.set(party, (runId) => { for (const r of this.active.values()) if (r.job.runId === runId) r.aborted = true; });
    party.onDeath(() => {
      transport.subscribers.delete(party);
      database.workers.get(party.name)!.seenAt = scheduler.now;
      this.explain();
      for (const id of this.recent.keys()) oracle.ledger.explain(id);
    });
  }

  get isUp(): boolean {
    return this.party.alive && this.party.frozenUntil <= this.around.scheduler.now;
  }

  /** It stands still: what it has may be given up. */
  freeze(until: number): void {
    if (this.isUp) {
      if (this.stoodStillFor >= WORKER_LOST_MS) this.backAt = this.party.frozenUntil;
      this.frozenAt = this.around.scheduler.now;
      this.around.database.workers.get(this.party.name)!.seenAt = this.around.scheduler.now;
    }
    this.party.frozenUntil = Math.max(this.party.frozenUntil, until);
    this.around.scheduler.wakeAt(until);
    this.explain();
    for (const id of this.recent.keys()) this.around.oracle.ledger.explain(id);
  }

  /** Adds what it can do now, as turns to take. */
  addTurns(turns: (() => void)[]): void {
    if (!this.isUp) return;
    const { scheduler, transport } = this.around;
    if (this.active.size < CONCURRENCY && transport.waiting.size > 0) turns.push(this.turns.take);
    if (this.nextBeat() <= scheduler.now) turns.push(this.turns.beat);
  }

  /** When its heartbeat says or brings something new next. */
  nextBeat(): number {
    return this.party.alive && !this.beating && this.hasNews() ? Math.max(this.lastBeat + BEAT_MS, this.party.frozenUntil) : Infinity;
  }

  private get stoodStillFor(): number {
    return this.party.frozenUntil - this.frozenAt;
  }

  /** Whether it may have been given up since then. */
  private mayBeGivenUpSince(then: number): boolean {
    return this.backAt > then || (this.stoodStillFor >= WORKER_LOST_MS && this.party.frozenUntil > then);
  }

  private hasNews(): boolean {
    const { database } = this.around;
    const { active, resend } = database.workers.get(this.party.name)!;
    if (resend.length > 0 || active.length !== this.active.size) return true;
    for (const [id, { aborted, job }] of this.active) if (!active.includes(id) || (!aborted && isUnwanted(database, job.runId))) return true;
    return false;
  }

  private explain(): void {
    for (const id of this.active.keys()) this.around.oracle.ledger.explain(id);
  }

  private take(): void {
    const { transport, scheduler } = this.around;
    const ids = [...transport.waiting.keys()];
    const id = ids[scheduler.choices.below(ids.length)]!;
    const attempts = transport.waiting.get(id)!;
    transport.waiting.delete(id);
    transport.active.set(id, this.party);
    scheduler.say(() => `${this.party.name}: takes ${id}`);
    const finish = (): void => { if (transport.active.get(id) === this.party) transport.active.delete(id); };
    void Promise.all(attempts.map((job) => this.handle(job))).then(() => scheduler.effect(this.party, 'finish the job', finish)).catch(() => undefined);
  }

  private async handle(job: JobDto): Promise<void> {
    const id = job.attemptId;
    if (this.active.has(id)) return;
    const running = { job, aborted: false };
    this.active.set(id, running);
    try {
      const known = this.recent.get(id);
      if (known !== undefined) return await this.publish(known);
      const outcome = await this.outcomeOf(running);
      if (outcome) await this.publish({ json: this.resultOf(job, outcome), job });
    } finally {
      this.active.delete(id);
    }
  }

  private async outcomeOf(running: Running): Promise<Outcome | undefined> {
    const { job } = running;
    let grant: Grant | undefined;
    if (job.claim) {
      const keyThumbprint = `${this.party.name} ${++this.claims}`;
      const answer = await this.claim(running, keyThumbprint);
      if (answer === 'refused') return undefined;
      grant = { keyThumbprint, ...answer };
      if (running.aborted) return failed('cancelled');
    }
    return this.act(running, grant);
  }

  private async act(running: Running, grant: Grant | undefined): Promise<Outcome> {
    const { scheduler, oracle, failOneIn } = this.around;
    const { choices } = scheduler;
    const { job } = running;
    const fails = choices.oneIn(failOneIn);
    const before = fails && choices.oneIn(2);
    if (before) return failed(choices.pick(BEFORE));
    if (grant && !scheduler.calm && choices.oneIn(STANDS_STILL_ONE_IN)) this.freeze(scheduler.now + choices.pick(LONG_STANDS));
    for (let good = grant; ;) {
      let mayBegin = false;
      try {
        await scheduler.effect(this.party, `act: ${job.attemptId}`, () => {
          mayBegin = !good || this.isGood(good);
          if (mayBegin) oracle.act(job, { workerId: this.party.name, keyThumbprint: good?.keyThumbprint });
        });
      } catch {
        return this.doubtful(job, 'connection-lost');
      }
      if (mayBegin) break;
      const { keyThumbprint } = good!;
      const again = await this.claim(running, keyThumbprint);
      if (running.aborted) return failed('cancelled');
      if (again === 'refused') return failed('service-unavailable');
      good = { keyThumbprint, ...again };
    }
    const ms = choices.pick(DURATIONS);
    if (ms > 0) await scheduler.after(this.party, { label: 'the tool ends', ms, early: () => running.aborted }, () => undefined).catch(() => undefined);
    if (running.aborted && choices.oneIn(2)) return this.doubtful(job, 'stop-unconfirmed');
    if (fails) return this.doubtful(job, choices.pick(AFTER));
    if (job.tool === 'seen') return { failure: null, output: { happened: choices.oneIn(4) ? null : oracle.tookPlace(job.runId) } };
    return { failure: null, output: { value: choices.below(3), hosts: ['x', 'y'] } };
  }

  /** Whether an attempt may still begin with a grant. */
  private isGood({ askedAt, expiresAt }: Grant): boolean {
    return expiresAt >= this.around.scheduler.now && !this.mayBeGivenUpSince(askedAt);
  }

  private doubtful(job: JobDto, code: FailureCode): Outcome {
    if (code === 'connection-lost' || code === 'stop-unconfirmed') this.around.oracle.ledger.explain(job.attemptId);
    return failed(code);
  }

  /** Asks whichever orchestrator is up until one answers; each time it is heard of before, which waits for whoever is just giving it up. */
  private async claim(running: Running, keyThumbprint: string): Promise<Omit<Grant, 'keyThumbprint'> | 'refused'> {
    const { scheduler, orchestrators, database } = this.around;
    const { job } = running;
    const request = { workerId: this.party.name, inputSha256: inputSha256Of(job), keyThumbprint };
    for (;;) {
      const askedAt = scheduler.now;
      if (running.aborted) return { askedAt, expiresAt: askedAt };
      try {
        const asked = await scheduler.effect(this.party, `claim ${job.attemptId}`, () => {
          const up = orchestrators();
          const desk = up[scheduler.choices.below(up.length)]!;
          const answer = answerOf(desk, desk.desk.claim('service', job.attemptId, request));
          // Heard by nobody when the question is lost.
          answer.catch(() => undefined);
          return { answer };
        }, () => orchestrators().length > 0 && database.workers.get(this.party.name)!.lockedBy.size === 0);
        await asked.answer;
        const expiresAt = scheduler.now + GRANT_SECONDS * 1000;
        await scheduler.effect(this.party, 'hear of the claim', () => undefined);
        return { askedAt, expiresAt };
      } catch (e) {
        if (e instanceof ProblemError && e.code === 'claim-refused') return 'refused';
        this.around.oracle.heard(e);
        await scheduler.after(this.party, { label: 'wait for the orchestrator', ms: CLAIM_AGAIN_MS, early: () => running.aborted }, () => undefined).catch(() => undefined);
      }
    }
  }

  private resultOf({ attemptId, runId, stepId, item, attempt, tenantId }: JobDto, { failure: why, output }: Outcome): string {
    const status = why ? 'failed' : 'succeeded';
    const { ledger } = this.around.oracle;
    ledger.said.add(`${attemptId} ${status}`);
    if (!why || FAILURE_MEANINGS[why.code].effect === 'none') ledger.certain.add(attemptId);
    return JSON.stringify({ v: 1, attemptId, runId, stepId, item, attempt, tenantId, workerId: this.party.name, status, durationMs: 1, ...(why ? { failure: why } : {}), ...(output ? { output } : {}) } satisfies ResultDto);
  }

  private async publish(result: Published): Promise<void> {
    const { json, job } = result;
    const id = job.attemptId;
    const { scheduler, transport } = this.around;
    for (;;) {
      try {
        await scheduler.effect(this.party, `publish ${id}`, () => { transport.publish(json, job, scheduler.choices.oneIn(3)); });
        break;
      } catch { /* written again until it is confirmed */ }
    }
    this.recent.set(id, result);
  }

  private async beat(): Promise<void> {
    const { scheduler, database, transport } = this.around;
    this.beating = true;
    this.lastBeat = scheduler.now;
    try {
      const { resend, unwanted } = await scheduler.effect(this.party, 'heartbeat', () => {
        const row = database.workers.get(this.party.name)!;
        const asked = row.resend;
        Object.assign(row, { seenAt: scheduler.now, active: [...this.active.keys()], resend: [] });
        return { resend: asked, unwanted: row.active.filter((id) => isUnwanted(database, parseAttemptId(id)!.runId)) };
      }, () => database.workers.get(this.party.name)!.lockedBy.size === 0);
      for (const id of unwanted) {
        const running = this.active.get(id);
        if (running) running.aborted = true;
      }
      for (const id of resend) {
        const known = this.recent.get(id);
        if (!this.active.has(id) && known !== undefined) void scheduler.effect(this.party, `publish ${id} again`, () => { transport.publish(known.json, known.job, false); }).catch(() => undefined);
      }
    } catch { /* the next one tells it */ }
    this.beating = false;
  }
}

function isUnwanted({ runs }: Database, runId: string): boolean {
  const run = runs.get(runId);
  return !run || run.stopping || (run.status !== 'running' && run.status !== 'paused');
}

function failed(code: FailureCode): Outcome {
  return { failure: failure(code, code), output: null };
}

/** The answer, unless the process that was asked dies first. */
function answerOf({ party }: OrchestratorProcess, answer: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const hangUp = (): void => { reject(new ConnectionLost('socket hang up')); };
    party.onDeath(hangUp);
    answer.then(resolve, reject).finally(() => { party.forget(hangUp); });
  });
}
