import { isTerminalRun } from '@opsmesh/plan-model';
import type { JobDto } from '@opsmesh/contracts';
import type { Choices } from './choices.js';
import { Database } from './database.js';
import { Oracle, Violation } from './oracle.js';
import { OrchestratorProcess } from './orchestrator-process.js';
import { People } from './people.js';
import { PLANS, planOf } from './plans.js';
import { drained, Party, Scheduler, type Profile } from './scheduler.js';
import { deadlock } from './simulated-record.js';
import { Transport } from './simulated-redis.js';
import { WorkerProcess } from './worker-process.js';

/** Turns after which a schedule that still goes on is taken for one that never ends. */
const MOST_TURNS = 6000;

interface Weather extends Profile {
  /** One turn of so many is a blow from outside: a process killed or frozen, Redis emptied, a job twice, people; 0: none. */
  readonly blowOneIn: number;
  blowsLeft: number;
  /** Turns after which nothing goes wrong any more. */
  readonly stormy: number;
  /** One attempt of so many fails; 0: none. */
  readonly failOneIn: number;
  /** Attempts that workers take in one job. */
  readonly together: number;
}

/** Two orchestrators, two workers, their record and transport, and people: one schedule from its first run to the end of all. */
export class Mesh {
  readonly oracle = new Oracle();
  readonly scheduler: Scheduler;
  private readonly database: Database;
  private readonly transport: Transport;
  private readonly weather: Weather;
  private readonly orchestrators: OrchestratorProcess[] = [];
  private readonly workers: WorkerProcess[] = [];
  private readonly people: People;
  private readonly jobs: JobDto[] = [];
  /** What can be done now; filled anew for each turn. */
  private readonly possible: (() => void)[] = [];
  /** Processes that died and start again at a time. */
  private reborn: { readonly kind: 'orchestrator' | 'worker'; readonly slot: number; readonly at: number }[] = [];
  private ids = 0;
  private births = 0;
  turns = 0;

  constructor(private readonly choices: Choices, trace?: (line: () => string) => void) {
    this.weather = weatherOf(choices);
    this.scheduler = new Scheduler({
      choices, profile: this.weather, trace,
      spins: (what) => { this.oracle.broken('nothing lost', `it never ends: ${what}`); }, crashed: (party) => { this.afterDeath(party); },
    });
    this.database = new Database(this.scheduler, this.oracle);
    this.database.together = this.weather.together;
    this.oracle.watch(this.database);
    const { oracle } = this;
    this.transport = new Transport(this.scheduler, {
      added: (job) => { this.jobs.push(job); oracle.added(job); }, acknowledged: (job) => { oracle.acknowledged(job); },
    });
    this.people = new People({ database: this.database, scheduler: this.scheduler, orchestrators: () => this.up, heard: (e) => { this.oracle.heard(e); } });
    for (const slot of [0, 1]) {
      this.startOrchestrator(slot);
      this.startWorker(slot);
    }
  }

  /** @returns the rule that was broken, if one was */
  async run(): Promise<Violation | undefined> {
    const count = this.choices.oneIn(10) ? 2 : 1;
    for (let i = 0; i < count; i++) this.submitRun();
    while (!this.oracle.violation) {
      await drained();
      this.scheduler.begin();
      if (++this.turns > MOST_TURNS) this.oracle.broken('nothing lost', 'it never ends');
      else if (this.turns === this.weather.stormy) this.calm();
      else if (!this.step()) break;
    }
    if (!this.oracle.violation) this.oracle.ended();
    return this.oracle.violation;
  }

  private get up(): OrchestratorProcess[] {
    return this.orchestrators.filter((o) => o.isUp);
  }

  /** One thing happens. False when nothing is left to happen. */
  private step(): boolean {
    const { weather, scheduler, choices, possible } = this;
    if (!scheduler.calm && weather.blowsLeft > 0 && choices.oneIn(weather.blowOneIn)) {
      weather.blowsLeft--;
      this.blow();
      return true;
    }
    this.rebirth();
    const parked = scheduler.ready();
    possible.length = 0;
    for (const o of this.orchestrators) o.addTurns(possible);
    for (const w of this.workers) w.addTurns(possible);
    const total = parked.length + possible.length;
    if (total === 0) return this.idle();
    const chosen = choices.below(total);
    if (chosen < parked.length) scheduler.unpark(parked[chosen]!);
    else possible[chosen - parked.length]!();
    return true;
  }

  /** Nobody can go on at this moment: time passes, or people help, or it is over. */
  private idle(): boolean {
    const { scheduler } = this;
    // Who holds a lock and stands still is waited for; else a wait as long as this is a deadlock (PostgreSQL's deadlock_timeout).
    if (this.orchestrators.every((o) => o.party.frozenUntil <= scheduler.now) && scheduler.breakDeadlock(deadlock, 1000)) return true;
    const isOver = this.isOver();
    let at = scheduler.nextAlarm();
    if (!isOver) for (const w of this.workers) at = Math.min(at, w.nextBeat());
    for (const o of this.orchestrators) at = Math.min(at, o.nextTurn());
    for (const r of this.reborn) at = Math.min(at, r.at);
    if (at !== Infinity && !(isOver && scheduler.parked.length === 0 && this.database.timers.size === 0)) {
      scheduler.now = at > scheduler.now ? at : scheduler.now + 1;
      scheduler.say(() => `-- ${scheduler.now} ms`);
      return true;
    }
    if (scheduler.breakDeadlock(deadlock, 0)) return true;
    if (!scheduler.calm) {
      this.calm();
      return true;
    }
    return !isOver && this.people.help();
  }

  private isOver(): boolean {
    if (this.transport.stream.length > 0 || !this.database.outbox.isEmpty) return false;
    for (const { status } of this.database.runs.values()) if (!isTerminalRun(status)) return false;
    return true;
  }

  private calm(): void {
    const { scheduler } = this;
    if (scheduler.calm) return;
    scheduler.say(() => '-- nothing goes wrong any more');
    scheduler.calm = true;
    this.transport.heldUntil = 0;
    for (const p of [...this.orchestrators, ...this.workers]) p.party.frozenUntil = Math.min(p.party.frozenUntil, scheduler.now);
    this.reborn = this.reborn.map((r) => ({ ...r, at: scheduler.now }));
  }

  private blow(): void {
    const { choices, scheduler } = this;
    switch (choices.below(12)) {
      case 0: return this.kill(choices.pick(this.workers).party);
      case 1: return this.kill(choices.pick(this.orchestrators).party);
      case 2: {
        const frozen = choices.pick(this.workers);
        scheduler.say(() => `${frozen.party.name} stands still`);
        return frozen.freeze(scheduler.now + choices.pick([2000, 12_000, 40_000]));
      }
      case 3: {
        const { party } = choices.pick(this.orchestrators);
        scheduler.say(() => `${party.name} stands still`);
        party.frozenUntil = scheduler.now + choices.pick([1000, 5000, 15_000]);
        return scheduler.wakeAt(party.frozenUntil);
      }
      case 4:
        scheduler.say(() => 'Redis is emptied');
        return this.transport.wipe();
      case 5: return this.deliverAgain();
      case 6:
        scheduler.now += choices.pick([300, 2500, 6000, 20_000]);
        return scheduler.say(() => `-- ${scheduler.now} ms`);
      case 7:
        this.transport.heldUntil = scheduler.now + choices.pick([2500, 12_000, 30_000]);
        scheduler.say(() => `results wait until ${this.transport.heldUntil} ms`);
        return scheduler.wakeAt(this.transport.heldUntil);
      default: return this.people.meddle();
    }
  }

  private deliverAgain(): void {
    if (this.jobs.length === 0) return;
    const job = this.choices.pick(this.jobs);
    this.scheduler.say(() => `${job.attemptId} is delivered again`);
    this.transport.waiting.set(job.attemptId, [job]);
  }

  private kill(party: Party): void {
    if (!party.alive) return;
    this.scheduler.say(() => `${party.name} is killed`);
    party.die();
    this.afterDeath(party);
  }

  private afterDeath(party: Party): void {
    const kind = this.orchestrators.some((o) => o.party === party) ? 'orchestrator' as const : 'worker' as const;
    const slot = (kind === 'orchestrator' ? this.orchestrators : this.workers).findIndex((p) => p.party === party);
    if (slot < 0) return;
    this.reborn.push({ kind, slot, at: this.scheduler.now + this.choices.pick([0, 500, 8000]) });
  }

  private rebirth(): void {
    if (this.reborn.length === 0) return;
    for (const { kind, slot } of this.reborn.filter((r) => r.at <= this.scheduler.now)) {
      if (kind === 'orchestrator') this.startOrchestrator(slot);
      else this.startWorker(slot);
    }
    this.reborn = this.reborn.filter((r) => r.at > this.scheduler.now);
  }

  private startOrchestrator(slot: number): void {
    const { database, scheduler, transport } = this;
    this.orchestrators[slot] = new OrchestratorProcess(new Party(`orchestrator-${slot}.${++this.births}`), { database, scheduler, transport, newId: () => this.newId(), heard: (e) => { this.oracle.heard(e); } });
  }

  private startWorker(slot: number): void {
    const { database, scheduler, transport, oracle, weather: { failOneIn } } = this;
    this.workers[slot] = new WorkerProcess(new Party(`worker-${slot}.${++this.births}`), { database, scheduler, transport, oracle, failOneIn, orchestrators: () => this.up });
  }

  /** A person starts a run, and tries again under the same id until it is there. */
  private submitRun(): void {
    const number = this.choices.below(PLANS);
    const plan = planOf(number);
    const id = this.newId();
    const { scheduler, database } = this;
    scheduler.say(() => `people: start ${id}, plan ${number}`);
    const person = new Party('people');
    const attempt = (): void => {
      void scheduler.effect(person, 'ask for the run', () => {
        const up = this.up;
        const orchestrator = up[scheduler.choices.below(up.length)]!;
        orchestrator.party.onDeath(() => { if (!database.runs.has(id)) attempt(); });
        orchestrator.engine.submit([{ kind: 'create', run: { id, tenantId: 'default', actorId: 'ann', plan, inputs: { ...plan.inputs, none: null }, warnings: [], parentRunId: null, idempotencyKey: null, requestSha256: '' } }])
          .catch((e: unknown) => {
            if (database.runs.has(id)) return;
            this.oracle.heard(e);
            attempt();
          });
      }, () => this.up.length > 0).catch(attempt);
    };
    attempt();
  }

  private newId(): string {
    return `00000000-0000-7000-8000-${String(++this.ids).padStart(12, '0')}`;
  }
}

/** Few schedules are such that every effect waits: they take three times as many turns as others and show no more. */
function weatherOf(choices: Choices): Weather {
  return {
    parkOneIn: choices.oneIn(20) ? 1 : choices.pick([0, 0, 30, 8, 3]), faultOneIn: choices.pick([0, 60, 25, 10]), faultsLeft: 1 + choices.below(4),
    blowOneIn: choices.pick([0, 30, 12, 5]), blowsLeft: 1 + choices.below(6), stormy: choices.pick([400, 150, 60]), failOneIn: choices.pick([0, 8, 3]), together: choices.pick([1, 2, 3]),
  };
}
