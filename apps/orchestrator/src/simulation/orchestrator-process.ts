import { createHash } from 'node:crypto';
import { attemptId, canonicalJson, WORKER_LOST_MS, type JobDto } from '@opsmesh/contracts';
import type { Logger } from 'pino';
import { ClaimDesk } from '../engine/claim-desk.js';
import { Engine } from '../engine/engine.js';
import { RunCache } from '../engine/run-cache.js';
import { RunFactsCache } from '../engine/run-facts.js';
import { Reconciler } from '../transport/reconciler.js';
import { Relay } from '../transport/relay.js';
import { ResultConsumer } from '../transport/result-consumer.js';
import { Timers } from '../transport/timers.js';
import { attemptKey, dueTimers, placeOf, type Database, type OutboxRow } from './database.js';
import type { Party, Scheduler } from './scheduler.js';
import { poolOf, workersOf } from './simulated-pool.js';
import { SimulatedRecord } from './simulated-record.js';
import { queuesOf, redisOf, type Transport } from './simulated-redis.js';

export interface Surroundings {
  readonly database: Database;
  readonly scheduler: Scheduler;
  readonly transport: Transport;
  readonly newRunId: () => string;
  /** Told of every error that the product logs. */
  readonly heard: (error: unknown) => void;
}

const quiet = (): void => undefined;

/** How often a loop looks when nothing wakes it; as in the product. */
const RELAY_MS = 200;
const ROUND_MS = 1000;
const QUIET_MS = 4001;
const ABANDONED_MS = 10_000;
const TAKE_OVER_MS = 5000;
/** Wait after a turn that failed. */
const FAILED_MS = 100;

type LoopName = 'relay' | 'results' | 'timers' | 'reconciler';

/** One orchestrator: the product's own engine, claim desk, relay, consumer, timers and reconciler. Only their loops are turned from outside. */
export class OrchestratorProcess {
  readonly engine: Engine;
  readonly desk: ClaimDesk;
  private readonly relay: Relay;
  private readonly consumer: ResultConsumer;
  private readonly timers: Timers;
  private readonly reconciler: Reconciler;
  private readonly busy = new Set<LoopName>();
  private readonly notBefore = new Map<LoopName, number>();
  private lastRound: number;

  constructor(readonly party: Party, private readonly around: Surroundings) {
    const { database, scheduler, transport, newRunId, heard } = around;
    const hear = ({ err }: { err?: unknown }): void => { if (err !== undefined) heard(err); };
    const log = { debug: hear, info: hear, warn: hear, error: hear } as unknown as Logger;
    const record = new SimulatedRecord(database, scheduler, party);
    const facts = new RunFactsCache(record);
    const pool = poolOf(database, scheduler, party);
    const redis = redisOf(transport, scheduler, party);
    const queues = queuesOf(transport, scheduler, party);
    this.engine = new Engine({
      record, facts, cache: new RunCache(), newRunId, canDecide: false,
      news: {
        outboxFilled: (entries) => { if (party.alive) this.relay.hand(entries); },
        locksFreed: () => { if (party.alive) this.relay.look(); },
        timersSet: quiet, historyGrew: quiet, decisionsWanted: quiet,
        abort: (runId) => { void scheduler.effect(party, 'tell workers to abort', () => { for (const tell of transport.subscribers.values()) tell(runId); }).catch(quiet); },
      },
    });
    this.relay = new Relay({ pool, queues, facts, sent: this.engine.sent, redis, log });
    this.consumer = new ResultConsumer({
      reader: redis, redis, engine: this.engine, facts, consumer: party.name, log,
      deadLetters: { add: ({ reason }) => { database.deadLetters.push(reason); return Promise.resolve(); } },
    });
    this.timers = new Timers(pool, this.engine, log);
    this.reconciler = new Reconciler({ pool, engine: this.engine, facts, queues, workers: workersOf(database, scheduler, party), redis, log });
    this.desk = new ClaimDesk({
      engine: this.engine, facts, needs: { kindOf: () => Promise.resolve(undefined) }, connections: { resolve: () => Promise.reject(new Error('no tool needs a target')) }, signer: { sign: ({ jti }) => Promise.resolve(jti) },
      reader: {
        item: (ref) => scheduler.effect(party, 'read the item to claim', () => {
          const item = database.runs.get(ref.runId)?.items.get(placeOf(ref));
          return item && { status: item.status, attempt: item.attempt, target: item.target, inputs: item.inputs ?? {} };
        }),
        hasClaim: (ref, { workerId, keyThumbprint }) => scheduler.effect(party, 'look for the claim', () => database.runs.get(ref.runId)!.claims.get(`${attemptKey(ref)} ${keyThumbprint}`)?.workerId === workerId),
      },
    });
    this.lastRound = scheduler.now;
  }

  get isUp(): boolean {
    return this.party.alive && this.party.frozenUntil <= this.around.scheduler.now;
  }

  /** Loops that have something to do now, as turns to take. */
  turns(): (() => void)[] {
    const { scheduler } = this.around;
    if (!this.isUp) return [];
    return LOOPS.filter((loop) => !this.busy.has(loop) && (this.notBefore.get(loop) ?? 0) <= scheduler.now && this.isWanted(loop)).map((loop) => () => { this.turn(loop); });
  }

  /** When the first of its loops has something to do by the clock; infinite when none will. */
  nextTurn(): number {
    if (!this.party.alive) return Infinity;
    return Math.min(...LOOPS.map((loop) => (this.busy.has(loop) ? Infinity : Math.max(this.notBefore.get(loop) ?? 0, this.party.frozenUntil, this.wantedAt(loop)))));
  }

  private turn(loop: LoopName): void {
    this.busy.add(loop);
    const done = (): void => { this.busy.delete(loop); };
    this.turnOf(loop).then(done, (e: unknown) => {
      done();
      this.around.heard(e);
      this.notBefore.set(loop, this.around.scheduler.now + FAILED_MS);
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

  private isWanted(loop: LoopName): boolean {
    const { now } = this.around.scheduler;
    // Looked at first, for the rest costs more.
    return (loop !== 'reconciler' || this.lastRound + ROUND_MS <= now) && this.wantedAt(loop) <= now;
  }

  private wantedAt(loop: LoopName): number {
    const { database, transport } = this.around;
    switch (loop) {
      case 'relay': return this.relayWantedAt();
      case 'results': {
        if (transport.hasNews || this.consumer['retry'].length > 0) return 0;
        return Math.max(transport.abandonedAt(ABANDONED_MS), this.consumer['tookOverAt'] + TAKE_OVER_MS);
      }
      case 'timers': {
        let first = Infinity;
        for (const { dueAt } of dueTimers(database)) if (dueAt < first) first = dueAt;
        return first;
      }
      case 'reconciler': return Math.max(this.lastRound + ROUND_MS, this.reconciler['suspects'].size > 0 ? 0 : quietAt(database, transport));
    }
  }

  private relayWantedAt(): number {
    const { relay, engine, around: { database, scheduler } } = this;
    if (relay['handed'].length > 0) return 0;
    const { waitingMs } = engine.sent;
    let at = waitingMs > 0 || engine.sent['attempts'].length > 0 ? scheduler.now + Math.max(0, RELAY_MS - waitingMs) : Infinity;
    const look = relay['mayHaveRows'] ? 0 : relay['lookedAt'] + RELAY_MS;
    for (const row of database.outbox.values()) if (!row.takenBy && !isBlocked(database, row)) at = Math.min(at, Math.max(row.heldUntil, look));
    return at;
  }
}

const LOOPS: readonly LoopName[] = ['relay', 'results', 'timers', 'reconciler'];

/** Whether another item holds the lock that a row needs: until that is given back nobody can do anything with it. */
function isBlocked({ runs, targetLocks }: Database, row: OutboxRow): boolean {
  if (!row.gated) return false;
  const item = runs.get(row.runId)!.items.get(placeOf(row));
  const holder = item?.attempt === row.attempt && item.status === 'queued' ? targetLocks.get(item.lockKey ?? item.target ?? '') : undefined;
  return holder !== undefined && holder !== `${row.runId}.${placeOf(row)}`;
}

/** When the reconciler finds something next: rounds in which it would find nothing are left out. */
function quietAt({ runs, workers, outbox }: Database, { waiting }: Transport): number {
  let first = Infinity;
  for (const { items, facts } of runs.values()) {
    for (const item of items.values()) {
      if (item.status !== 'queued' && item.status !== 'running') continue;
      const step = facts.plan.steps[item.step]!;
      if (step.kind !== 'tool' || outbox.has(attemptKey({ runId: facts.id, ...item }))) continue;
      const id = attemptId({ runId: facts.id, stepId: step.id, item: item.item, attempt: item.attempt });
      let at = (item.startedAt ?? item.queuedAt ?? 0) + QUIET_MS;
      if (waiting.has(id) || at >= first) continue;
      for (const w of workers.values()) if (w.active.includes(id)) at = Math.max(at, w.beats() ? Infinity : w.seenAt + WORKER_LOST_MS);
      if (at < first) first = at;
    }
  }
  return first;
}

/** What a worker shows of a job's inputs when it claims. */
export function inputDigest({ input }: JobDto): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}
