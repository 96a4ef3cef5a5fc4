import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { signal } from './signals.mjs';
import { within } from './waiting.mjs';
import { guard } from './watchdog.mjs';

const READY_MS = 60_000;

/**
 * One process of the mesh.
 * 1. It leads a process group of its own: a Ctrl-C in the terminal does not reach it, and ending it ends what it started.
 * 2. The watchdog knows it from its start to its end.
 * 3. start() settles once: ready, or an error that shows the last lines of its log.
 * Emits `started` when a process was spawned, and `crashed` (text) when it ends after it was ready and nobody asked it to.
 *
 * @typedef {object} ChildSpec
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} env
 * @property {string} log file that its output is appended to
 * @property {() => Promise<boolean>} ready whether it is usable now
 * @property {string} [cwd]
 * @property {string} [input] what it reads on its standard input
 * @property {number} [uid]
 * @property {number} [gid]
 * @property {NodeJS.Signals} [stopSignal] default SIGTERM
 * @property {number} [stage] its turn when all are ended, 0 first
 * @property {() => void | Promise<void>} [before] done before each start
 */
export class Child extends EventEmitter {
  #spec;
  #process;
  #exited = Promise.resolve();
  #expected = true;

  /** @param {ChildSpec} spec */
  constructor(spec) {
    super();
    this.#spec = { stopSignal: 'SIGTERM', stage: 0, ...spec };
  }

  get name() { return this.#spec.name; }
  get stage() { return this.#spec.stage; }
  get stopSignal() { return this.#spec.stopSignal; }
  get log() { return this.#spec.log; }
  /** Undefined while it does not run. */
  get pid() { return this.#process?.pid; }
  /** Settles when the process that runs now has ended. */
  get exited() { return this.#exited; }

  /** Starts it and waits until it is ready. @throws Error with the end of its log when it ends before, or is not ready in time. */
  async start() {
    if (this.#process) throw new Error(`${this.name} runs already`);
    await this.#spec.before?.();
    let ended;
    this.#expected = true;
    this.#spawn((how) => { ended = how; });
    const ready = await within(READY_MS, async () => ended !== undefined || await this.#spec.ready().catch(() => false));
    if (ended !== undefined) throw new Error(this.#story(`ended with ${ended} before it was ready`));
    if (!ready) {
      this.kill('SIGKILL');
      throw new Error(this.#story(`was not ready within ${READY_MS / 1000} s`));
    }
    this.#expected = false;
  }

  /** Sends a signal to the process itself. What it was doing ends as if it crashed. */
  kill(name = 'SIGKILL') {
    if (this.#process) signal(this.#process.pid, name);
  }

  /** Asks it to end, and kills it with its group when it has not after `graceMs`. */
  async stop(graceMs = 10_000) {
    this.#expected = true;
    const child = this.#process;
    if (!child) return;
    signal(child.pid, this.#spec.stopSignal);
    const timer = setTimeout(() => signal(-child.pid, 'SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  #spawn(onEnd) {
    const { command, args, env, cwd, uid, gid, input, log, stopSignal, stage } = this.#spec;
    const out = openSync(log, 'a', 0o600);
    const child = spawn(command, args, { env, cwd, detached: true, stdio: [input === undefined ? 'ignore' : 'pipe', out, out], ...(uid === undefined ? {} : { uid, gid }) });
    closeSync(out);
    if (child.pid === undefined) {
      child.once('error', (e) => onEnd(e.message));
      return;
    }
    this.#process = child;
    const release = guard(child.pid, { signal: stopSignal, stage });
    this.emit('started');
    child.stdin?.on('error', () => undefined).end(input);
    this.#exited = new Promise((ok) => child.once('exit', (code, by) => {
      release();
      // What it started and left behind goes with it.
      signal(-child.pid, 'SIGKILL');
      this.#process = undefined;
      const how = by ?? `exit code ${code}`;
      onEnd(how);
      ok();
      if (!this.#expected) this.emit('crashed', how);
    }));
  }

  #story(what) {
    return `${this.name} ${what}; the end of ${this.log}:\n${lastLines(this.log, 25)}`;
  }
}

function lastLines(file, count) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).map((l) => `  ${l.slice(0, 2000)}`).join('\n');
}
