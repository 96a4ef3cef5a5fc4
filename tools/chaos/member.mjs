import { setTimeout as wait } from 'node:timers/promises';

/** Pause before a process that did not come up is started again, in milliseconds. */
const AGAIN_MS = 500;

/**
 * One process of the mesh of a chaos run, as its supervisor sees it: whatever ends is started again.
 * 1. Only one fault at a time has hold of it ({@link hold}).
 * 2. `lives` has every process it ever was, by pid, with Unix times in milliseconds.
 */
export class Member {
  /** @type {{ pid: number, from: number, to?: number, intended?: boolean }[]} */
  lives = [];
  /** Starts that failed, as text. */
  failedStarts = [];
  #held = false;
  #ending = false;

  /**
   * @param {import('../mesh.d.mts').MeshChild} child not started yet, or running
   * @param {Record<string, import('./tcp-way.mjs').TcpWay>} ways its ways to the stores
   */
  constructor(child, ways = {}) {
    this.child = child;
    this.ways = ways;
    child.on('started', () => this.#begun());
    child.on('crashed', () => this.#ended());
    if (child.pid !== undefined) this.#begun();
  }

  get name() { return this.child.name; }
  /** Name without its number. */
  get kind() { return this.name.replace(/-\d+$/, ''); }

  /** Takes hold for one fault. @returns {(() => void) | undefined} gives it back; undefined when another has it */
  hold() {
    if (this.#held || this.child.pid === undefined) return undefined;
    this.#held = true;
    return () => { this.#held = false; };
  }

  /** Ends the process by a signal and starts it again after a pause, however often that takes. */
  async crash(signal, pauseMs) {
    this.lives.at(-1).intended = true;
    this.child.kill(signal);
    await this.child.exited;
    this.lives.at(-1).to ??= Date.now();
    await wait(pauseMs);
    await this.#revive();
  }

  async standStill(ms) {
    this.child.kill('SIGSTOP');
    await wait(ms);
    this.child.kill('SIGCONT');
  }

  /** From now on nothing is started again. */
  leaveAlone() {
    this.#ending = true;
    this.child.kill('SIGCONT');
  }

  #begun() {
    this.lives.push({ pid: this.child.pid, from: Date.now() });
  }

  #ended() {
    const life = this.lives.at(-1);
    life.to ??= Date.now();
    if (life.intended || this.#ending) return;
    void wait(AGAIN_MS).then(() => this.#revive());
  }

  async #revive() {
    while (!this.#ending && this.child.pid === undefined) {
      try {
        await this.child.start();
      } catch (e) {
        this.failedStarts.push(e.message);
        await wait(AGAIN_MS);
      }
    }
  }
}
