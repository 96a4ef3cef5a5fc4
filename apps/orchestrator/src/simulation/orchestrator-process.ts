import { attemptId, canonicalJson, WORKER_LOST_MS, type JobDto } from '@opsmesh/contracts';
import { inputSha256 } from '@opsmesh/platform';
import type { Logger } from 'pino';
import { ClaimDesk } from '../engine/claim-desk.js';
import { Engine } from '../engine/engine.js';
import { OwnAttempts } from '../engine/own-attempts.js';
import { RunCache } from '../engine/run-cache.js';
import { RunFactsCache } from '../engine/run-facts.js';
import { FIRST_PAUSE_MS } from '../transport/loop.js';
import { QUIET_MS, Reconciler, ROUND_MS } from '../transport/reconciler.js';
import { LOOK_MS, Relay } from '../transport/relay.js';
import { ABANDONED_MS, ResultConsumer, TAKE_OVER_EVERY_MS } from '../transport/result-consumer.js';
import { Timers } from '../transport/timers.js';
import { mayFire, type Database } from './database.js';
import { attemptKey, placeOf } from './keys.js';
import type { GatedRow } from './outbox-table.js';
import type { Party, Scheduler } from './scheduler.js';
import { poolOf, workersOf } from './simulated-pool.js';
import { SimulatedRecord } from './simulated-record.js';
import { queuesOf, redisOf, type Transport } from './simulated-redis.js';

export interface Surroundings {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly newId: () => string;
  /** Told of every error that the product logs. */
  readonly heard: (error: unknown) => void;
}

const quiet = (): void => undefined;

type LoopName = 'relay' | 'results' | 'timers' | 'reconciler';

/** One orchestrator: the product's own engine, claim desk, relay, consumer, timers and reconciler. Only their loops are turned from outside. */
export class OrchestratorProcess {
  readonly engine: Engine;
  readonly desk: ClaimDesk;
  private readonly relay: Relay;
  private readonly consumer: ResultConsumer;
  private readonly timers: Timers;
  private readonly reconciler: Reconciler;
  private readonly loops = LOOPS.map((name) => ({ name, busy: false, notBefore: 0, turn: () => { this.turn(name); } }));
  private lastRound: number;

  constructor(readonly party: Party, private readonly around: Surroundings) {
    const { database, scheduler, transport, newId, heard } = around;
    const hear = ({ err }: { err?: unknown }): void => { if (err !== undefined) heard(err); };
    const log = { debug: hear, info: hear, warn: hear, error: hear } as unknown as Logger;
    const record = new SimulatedRecord(database, scheduler, party);
    const facts = new RunFactsCache(record);
    const pool = poolOf(database, scheduler, party);
    const redis = redisOf(transport, scheduler, party);
    const queues = queuesOf(transport, scheduler, party);
    const workers = workersOf(database, scheduler, party);
    this.engine = new Engine({
      record, facts, cache: new RunCache(), newId, canDecide: false,
      news: {
        outboxFilled: (batches) => { if (party.alive) this.relay.hand(batches); },
        gateMayOpen: () => { if (party.alive) this.relay.look(); },
        timersSet: quiet, paused: quiet, historyGrew: quiet, decisionsWanted: quiet,
        abort: (runId) => { void scheduler.effect(party, 'tell workers to abort', () => { for (const tell of transport.subscribers.values()) tell(runId); }).catch(quiet); },
      },
    });
    this.relay = new Relay({ pool, queues, facts, sent: this.engine.sent, workers, redis, log });
    this.consumer = new ResultConsumer({
      reader: redis, redis, engine: this.engine, facts, consumer: party.name, log, rest: (ms) => scheduler.after(party, { label: 'rest', ms, early: () => false }, quiet),
      deadLetters: { add: ({ reason }) => { database.deadLetters.push(reason); return Promise.resolve(); } },
    });
    this.timers = new Timers(pool, this.engine, log);
    this.reconciler = new Reconciler({ pool, engine: this.engine, facts, queues, workers, redis, log });
    this.desk = new ClaimDesk({
      engine: this.engine, attempts: new OwnAttempts({ facts, owners: { serviceOf: () => Promise.resolve('service') } }), needs: { kindOf: () => Promise.resolve(undefined) }, connections: { resolve: () => Promise.reject(new Error('no tool needs a target')) }, signer: { sign: ({ jti }) => Promise.resolve(jti) },
      reader: {
        item: (ref) => scheduler.effect(party, 'read the item to claim', () => {
          const item = database.runs.get(ref.runId)?.items.get(placeOf(ref));
          return item && { status: item.status, attempt: item.attempt, target: item.target, inputs: item.inputs ?? {} };
        }),
        hasClaim: (ref, { workerId, keyThumbprint }) => scheduler.effect(party, 'look for the claim', () => {
          const { claims, items } = database.runs.get(ref.runId)!;
          const item = items.get(placeOf(ref))!;
          return item.status === 'running' && item.attempt === ref.attempt && claims.get(`${attemptKey(ref)} ${keyThumbprint}`)?.workerId === workerId;
        }),
      },
    });
    this.lastRound = scheduler.now;
  }

  get isUp(): boolean {
    return this.party.alive && this.party.frozenUntil <= this.around.scheduler.now;
  }

  /** Adds the loops that have something to do now, as turns to take. */
  addTurns(turns: (() => void)[]): void {
    const { now } = this.around.scheduler;
    if (!this.isUp) return;
    for (const { name, busy, notBefore, turn } of this.loops) if (!busy && notBefore <= now && this.wantedAt(name, now) <= now) turns.push(turn);
  }

  /** When the first of its loops has something to do by the clock; infinite when none will. */
  nextTurn(): number {
    let first = Infinity;
    if (!this.party.alive) return first;
    for (const { name, busy, notBefore } of this.loops) if (!busy) first = Math.min(first, Math.max(notBefore, this.party.frozenUntil, this.wantedAt(name, first)));
    return first;
  }

  private turn(name: LoopName): void {
    const loop = this.loops[LOOPS.indexOf(name)]!;
    loop.busy = true;
    this.turnOf(name).then(() => { loop.busy = false; }, (e: unknown) => {
      loop.busy = false;
      this.around.heard(e);
      loop.notBefore = this.around.scheduler.now + FIRST_PAUSE_MS;
    });
  }

  private turnOf(loop: LoopName): Promise<unknown> {
    switch (loop) {
      case 'relay': return this.relay['turn']();
      case 'results': return this.consumer['turn']();
      case 'timers': return this.timers['turn']();
      case 'reconciler':
        this.lastRound = this.around.scheduler.now;
        return this.reconciler['round']();
    }
  }

  /** When a loop has something to do; any later time when that is after `latest`. */
  private wantedAt(loop: LoopName, latest: number): number {
    const { database, transport } = this.around;
    switch (loop) {
      case 'relay': return this.relayWantedAt();
      case 'results': {
        if (transport.hasNews || this.consumer['retry'].length > 0) return 0;
        return Math.max(transport.abandonedAt(ABANDONED_MS), this.consumer['tookOverAt'] + TAKE_OVER_EVERY_MS);
      }
      case 'timers': {
        let first = Infinity;
        for (const timer of database.timers.values()) if (timer.dueAt < first && mayFire(database, timer)) first = timer.dueAt;
        return first;
      }
      case 'reconciler': {
        const next = this.lastRound + ROUND_MS;
        return next > latest ? next : Math.max(next, this.reconciler['suspects'].size > 0 ? 0 : quietAt(database, transport, latest));
      }
    }
  }

  private relayWantedAt(): number {
    const { relay, engine, around: { database, scheduler } } = this;
    if (relay['handed'].length > 0) return 0;
    const { waitingMs } = engine.sent;
    let at = waitingMs > 0 || engine.sent['ids'].length > 0 ? scheduler.now + Math.max(0, LOOK_MS - waitingMs) : Infinity;
    const look = relay['mayHaveRows'] ? 0 : relay['lookedAt'] + LOOK_MS;
    for (const row of database.outbox.batches()) if (!row.takenBy) at = Math.min(at, Math.max(row.heldUntil, look));
    for (const row of database.outbox.gated()) if (!row.takenBy && !isBlocked(database, row)) at = Math.min(at, Math.max(row.heldUntil, look));
    return at;
  }
}

const LOOPS: readonly LoopName[] = ['relay', 'results', 'timers', 'reconciler'];

/** Whether its run is paused, or another item holds the lock that a row needs: until that changes nobody can do anything with it. */
function isBlocked({ runs, targetLocks }: Database, row: GatedRow): boolean {
  const run = runs.get(row.runId)!;
  const item = run.items.get(placeOf(row));
  if (item?.attempt !== row.attempt || item.status !== 'queued') return false;
  if (run.status === 'paused') return true;
  const holder = item.lockKey === null ? undefined : targetLocks.get(item.lockKey);
  return holder !== undefined && holder !== `${row.runId}.${placeOf(row)}`;
}

/** When the reconciler finds something next, infinite when not up to `latest`: rounds in which it would find nothing are left out. */
function quietAt({ runs, workers, outbox }: Database, transport: Transport, latest: number): number {
  let first = Infinity;
  for (const { items, facts, status } of runs.values()) {
    for (const item of items.values()) {
      if ((item.status !== 'queued' || status === 'paused') && item.status !== 'running') continue;
      const step = facts.plan.steps[item.step]!;
      // Quiet for longer than that.
      let at = (item.startedAt ?? item.queuedAt ?? 0) + QUIET_MS + 1;
      if (at >= first || at > latest || step.kind !== 'tool' || outbox.has(attemptKey({ runId: facts.id, step: item.step, item: item.item, attempt: item.attempt }))) continue;
      const id = attemptId({ runId: facts.id, stepId: step.id, item: item.item, attempt: item.attempt });
      if (transport.isWaiting(id)) continue;
      for (const w of workers.values()) if (w.active.includes(id)) at = Math.max(at, w.beats() ? Infinity : w.seenAt + WORKER_LOST_MS);
      if (at < first) first = at;
    }
  }
  return first;
}

const digests = new Map<string, string>();

/** What a worker shows of a job's inputs when it claims. The plans know few inputs, so each is hashed once. */
export function inputSha256Of({ input }: JobDto): string {
  const text = canonicalJson(input);
  let digest = digests.get(text);
  if (digest === undefined) digests.set(text, digest = inputSha256(input));
  return digest;
}
