import type { Choices } from './choices.js';

/** A process of the simulated mesh, or one person's request. What it had under way is never answered once it is dead. */
export class Party {
  alive = true;
  /** Until when it stands still, as after SIGSTOP. */
  frozenUntil = 0;
  private readonly farewells = new Set<() => void>();

  constructor(readonly name: string) {}

  /** Told when it dies, at once when it is dead already. What it is told by can be taken back with {@link forget}. */
  onDeath(then: () => void): void {
    if (this.alive) this.farewells.add(then);
    else then();
  }

  forget(then: () => void): void {
    this.farewells.delete(then);
  }

  /** kill -9: nothing of it runs any more; what others keep for it (transactions) is undone by them. */
  die(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const then of this.farewells) then();
  }
}

/** A connection was lost before or after the other side had done what it was asked for. */
export class ConnectionLost extends Error {
  readonly code = '08006';
}

/** How much goes wrong, drawn once for a schedule. */
export interface Profile {
  /** One effect of so many is left waiting while others overtake it; 0: none, 1: all. */
  readonly parkOneIn: number;
  /** One effect of so many is a crash or a lost connection; 0: none. */
  readonly faultOneIn: number;
  /** Most crashes and lost connections. */
  faultsLeft: number;
}

/**
 * What a scheduler is told and tells. An arrow function in a field of an instance, here or in another class of which every schedule has some, makes dead schedules survive in V8's
 * young space and fill the old one; a function in an object like this, or a bound one, does not.
 */
export interface SchedulerParts {
  readonly choices: Choices;
  readonly profile: Profile;
  readonly trace: ((line: () => string) => void) | undefined;
  /** Told when a party goes on and on without ever waiting. */
  readonly spins: (what: string) => void;
  /** Told of every crash that an effect ended in. */
  readonly crashed: (party: Party) => void;
}

interface Parked {
  readonly owner: Party;
  readonly label: string;
  readonly go: () => void;
  readonly ready: (() => boolean) | undefined;
  readonly since: number;
  readonly give: (reason: Error) => void;
}

/** Effects without a turn in between. */
const MOST_IN_A_ROW = 5000;

/** One of its own for each that waits: a promise that all share would keep everything that ever waited for it. */
function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}

/**
 * Decides what happens next. Every effect of the product on the outside goes through {@link effect}; each is a point at which its process may
 * crash before or after it, lose its connection, or be overtaken. Nothing in it is asynchronous by itself: between two effects a process runs on alone.
 */
export class Scheduler {
  /** Simulated time in milliseconds. */
  now = 0;
  /** Once true nothing goes wrong any more. */
  calm = false;
  readonly parked: Parked[] = [];
  /** Times at which something may go on by itself. */
  private alarms: number[] = [];
  private burst = 0;
  readonly choices: Choices;
  private readonly profile: Profile;

  constructor(private readonly parts: SchedulerParts) {
    this.choices = parts.choices;
    this.profile = parts.profile;
  }

  say(line: () => string): void {
    this.parts.trace?.(line);
  }

  /** Carries out an effect for a party now or later. It rejects with what `act` throws. */
  effect<T>(owner: Party, label: string, act: () => T, ready?: () => boolean): Promise<T> {
    if (!owner.alive) return never();
    if (++this.burst > MOST_IN_A_ROW) {
      this.parts.spins(`${owner.name}: ${label}`);
      return never();
    }
    const { parkOneIn } = this.profile;
    const mayGo = (!ready || ready()) && owner.frozenUntil <= this.now;
    if (mayGo && (parkOneIn === 0 || (parkOneIn > 1 && !this.choices.oneIn(parkOneIn)))) return this.carryOut(owner, label, act);
    return new Promise<T>((resolve, reject) => {
      this.parked.push({ owner, label, ready, since: this.now, give: reject, go: () => { this.carryOut(owner, label, act).then(resolve, reject); } });
    });
  }

  /** Carries out an effect after a time at the earliest, or as soon as `early` says so. */
  after<T>(owner: Party, { label, ms, early }: { label: string; ms: number; early: () => boolean }, act: () => T): Promise<T> {
    const at = this.now + ms;
    this.wakeAt(at);
    return this.effect(owner, label, act, () => this.now >= at || early());
  }

  wakeAt(at: number): void {
    this.alarms.push(at);
  }

  /** The next time that somebody waits for; infinite when nobody does. */
  nextAlarm(): number {
    if (this.alarms.length === 0) return Infinity;
    this.alarms = this.alarms.filter((a) => a > this.now);
    return Math.min(...this.alarms);
  }

  /** The next turn begins. */
  begin(): void {
    this.burst = 0;
  }

  /** The parked effects that may go on now. Those of dead parties are dropped. */
  ready(): readonly number[] {
    if (this.parked.length === 0) return NONE;
    const found: number[] = [];
    for (let i = 0; i < this.parked.length; i++) {
      const p = this.parked[i]!;
      if (!p.owner.alive) {
        this.parked.splice(i--, 1);
      } else if (p.owner.frozenUntil <= this.now && (!p.ready || p.ready())) found.push(i);
    }
    return found;
  }

  unpark(index: number): void {
    this.parked.splice(index, 1)[0]!.go();
  }

  /** Two transactions wait for each other: the database ends one that has waited for so many milliseconds. @returns false when there is none */
  breakDeadlock(reason: () => Error, waitedMs: number): boolean {
    const index = this.parked.findIndex((p) => p.ready && !p.ready() && p.owner.frozenUntil <= this.now && this.now - p.since >= waitedMs);
    if (index < 0) return false;
    this.parked.splice(index, 1)[0]!.give(reason());
    return true;
  }

  private carryOut<T>(owner: Party, label: string, act: () => T): Promise<T> {
    const fault = this.draw();
    if (fault) this.say(() => `${owner.name}: ${label}: ${fault}`);
    switch (fault) {
      case 'crash before': this.crash(owner); return never();
      case 'answer lost before': return Promise.reject(new ConnectionLost('Connection terminated'));
      case 'crash after':
        try { act(); } catch { /* the crash hides it */ }
        this.crash(owner);
        return never();
      case 'answer lost after':
        try { act(); } catch { /* the lost answer hides it */ }
        return Promise.reject(new ConnectionLost('Connection terminated'));
      default:
        try {
          const result = act();
          if (this.parts.trace) this.say(() => `${owner.name}: ${label}`);
          return Promise.resolve(result);
        } catch (e) {
          this.say(() => `${owner.name}: ${label}: ${e instanceof Error ? e.message : String(e)}`);
          return Promise.reject(e as Error);
        }
    }
  }

  private draw(): (typeof FAULTS)[number] {
    if (this.calm || this.profile.faultsLeft === 0 || !this.choices.oneIn(this.profile.faultOneIn)) return undefined;
    this.profile.faultsLeft--;
    return FAULTS[1 + this.choices.below(4)];
  }

  private crash(owner: Party): void {
    owner.die();
    this.parts.crashed(owner);
  }
}

const NONE: readonly number[] = [];
const FAULTS = [undefined, 'answer lost before', 'answer lost after', 'crash after', 'crash before'] as const;

/** Resolves when every promise that can go on has gone on: the queue of ticks is looked at when that of promises is empty. To be called where a promise goes on: elsewhere ticks come first. */
export function drained(): Promise<void> {
  return new Promise((resolve) => { process.nextTick(resolve); });
}
