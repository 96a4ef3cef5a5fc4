import { attemptIdsOf, entryOf, jobIdOf, type JobDto } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';
import type { Queues } from '../transport/queues.js';
import type { Party, Scheduler } from './scheduler.js';

interface Entry { readonly id: number; readonly results: { readonly json: string; readonly job: JobDto }[]; takenBy: string | null; takenAt: number }

/** Entries given out at once, and results in one: below the number from which the consumer takes a rest. */
const MOST_READ = 6;
const MOST_TOGETHER = 3;

/** How BullMQ and the results stream look like from outside: jobs with ids, a consumer group with pending entries, cancels that nobody may hear. All of it may be emptied. */
export class Transport {
  /** The attempts of waiting jobs of every queue by the id of their job, in order. */
  readonly waiting = new Map<string, readonly JobDto[]>();
  /** Workers that have a job, with its lock, by the id of the job. */
  readonly active = new Map<string, Party>();
  stream: Entry[] = [];
  private group = true;
  private lastId = 0;
  /** Runs whose workers should abort, by subscriber. */
  readonly subscribers = new Map<Party, (runId: string) => void>();

  /** Until then nobody reads results, as when more come than are committed. */
  heldUntil = 0;

  constructor(private readonly clock: { readonly now: number }, private readonly watch: { added(job: JobDto): void; acknowledged(job: JobDto): void }) {}

  wipe(): void {
    this.waiting.clear();
    this.active.clear();
    this.stream = [];
    this.group = false;
  }

  /** A job whose id is there already is left as it is. */
  add(attempts: readonly JobDto[]): void {
    for (const attempt of attempts) this.watch.added(attempt);
    const id = jobIdOf(attempts);
    if (!this.waiting.has(id) && !this.active.has(id)) this.waiting.set(id, attempts);
  }

  /** Whether an attempt waits for a worker. */
  isWaiting(attemptId: string): boolean {
    for (const attempts of this.waiting.values()) for (const a of attempts) if (a.attemptId === attemptId) return true;
    return false;
  }

  /** Removes the jobs of attempts, those in which they wait alone and all that workers have. */
  remove(attemptIds: ReadonlySet<string>): void {
    for (const id of attemptIds) this.waiting.delete(id);
    for (const id of this.active.keys()) if (attemptIdsOf(id).some((a) => attemptIds.has(a))) this.active.delete(id);
  }

  /** A worker's result of a job; `together`, in one entry with the one before, if nobody has taken that. */
  publish(json: string, job: JobDto, together: boolean): void {
    const last = this.stream.at(-1);
    if (together && last?.takenBy === null && last.results.length < MOST_TOGETHER) last.results.push({ json, job });
    else this.stream.push({ id: ++this.lastId, results: [{ json, job }], takenBy: null, takenAt: 0 });
  }

  get hasNews(): boolean {
    if (this.isHeld) return false;
    for (const e of this.stream) if (e.takenBy === null) return true;
    return false;
  }

  /** When the first entry that a consumer took is abandoned, should it not acknowledge it. */
  abandonedAt(ms: number): number {
    let first = Infinity;
    if (this.isHeld) return first;
    for (const { takenBy, takenAt } of this.stream) if (takenBy !== null && takenAt + ms < first) first = takenAt + ms;
    return first;
  }

  read(consumer: string): [string, string[]][] {
    this.needGroup();
    return this.isHeld ? [] : this.take(this.stream.filter((e) => e.takenBy === null), consumer);
  }

  takeOver(consumer: string, idleMs: number): [string, string[]][] {
    this.needGroup();
    return this.isHeld ? [] : this.take(this.stream.filter((e) => e.takenBy !== null && this.clock.now - e.takenAt >= idleMs), consumer);
  }

  createGroup(): void {
    if (this.group) return;
    this.group = true;
    for (const entry of this.stream) entry.takenBy = null;
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) {
      const found = this.stream.find((e) => entryId(e.id) === id);
      for (const { job } of found?.results ?? []) this.watch.acknowledged(job);
    }
    this.stream = this.stream.filter((e) => !ids.includes(entryId(e.id)));
  }

  private take(entries: Entry[], consumer: string): [string, string[]][] {
    return entries.slice(0, MOST_READ).map((e) => {
      e.takenBy = consumer;
      e.takenAt = this.clock.now;
      return [entryId(e.id), entryOf(e.results.map((r) => r.json))];
    });
  }

  private get isHeld(): boolean {
    return this.clock.now < this.heldUntil;
  }

  private needGroup(): void {
    if (!this.group) throw new Error('NOGROUP No such key or consumer group');
  }
}

function entryId(id: number): string {
  return `${id}-0`;
}

/** The commands that the orchestrator gives to Redis, as one process gives them. */
export function redisOf(transport: Transport, scheduler: Scheduler, party: Party): Redis {
  const effect = <T>(label: string, act: () => T): Promise<T> => scheduler.effect(party, label, act);
  const redis = {
    xreadgroup: (...args: unknown[]) => effect('read results', () => {
      const entries = transport.read(String(args[2]));
      return entries.length > 0 ? [['results', entries]] : null;
    }),
    xautoclaim: (...args: unknown[]) => effect('take over results', () => ['0-0', transport.takeOver(String(args[2]), Number(args[3]))]),
    xgroup: () => effect('create the group', () => { transport.createGroup(); }),
    pipeline: () => {
      const ids: string[] = [];
      const pipe = {
        xack: () => pipe,
        xdel: (_stream: string, ...of: string[]) => { ids.push(...of); return pipe; },
        exec: () => effect('acknowledge', () => { transport.delete(ids); }),
      };
      return pipe;
    },
    xlen: () => effect('length of the stream', () => transport.stream.length),
    info: () => Promise.resolve('used_memory:0\r\nmaxmemory:0'),
  };
  return redis as unknown as Redis;
}

/** The queues, as one orchestrator sees them. */
export function queuesOf(transport: Transport, scheduler: Scheduler, party: Party): Queues {
  const queues: Pick<Queues, 'add' | 'waiting' | 'waitingIds' | 'remove'> & { all(): { name: string }[] } = {
    all: () => [{ name: 'service' }],
    waiting: () => Promise.resolve(transport.waiting.size),
    add: (_name, jobs) => scheduler.effect(party, 'add jobs', () => { for (const attempts of jobs) transport.add(attempts); }),
    waitingIds: () => scheduler.effect(party, 'look for jobs', () => new Set([...transport.waiting.keys()].flatMap(attemptIdsOf))),
    remove: (_name, attemptIds) => scheduler.effect(party, 'remove jobs', () => { transport.remove(attemptIds); }),
  };
  return queues as unknown as Queues;
}
