import { setTimeout as delay } from 'node:timers/promises';
import type { RunOptions, RunResult } from '../shell-options.js';
import type { Wire } from '../transport/wire.js';
import { toWinRmError, WinRmError } from '../winrm-error.js';
import { faultError, meansAskAgain } from '../wsman/answer.js';
import { readCommandId, readReceived } from '../wsman/answer-bodies.js';
import { type CommandRef, receiveOutput, startCommand, terminateCommand } from '../wsman/bodies.js';
import type { Requests } from '../wsman/requests.js';
import type { CommandPlan } from './command-plan.js';
import { feedStdin } from './feed-stdin.js';
import { OutputCollector } from './output-collector.js';
import { release, STOP_TIMEOUT_MS } from './release.js';
import type { RunClock } from './run-clock.js';

/** Pause after an answer without output, so that a host that does not wait cannot keep us busy. */
const EMPTY_PAUSE_MS = 10;
/** How long a result waits for the host to forget a command that is done, in ms. */
const FORGET_WAIT_MS = 1000;

export interface RunInput {
  readonly requests: Requests;
  readonly wire: Wire;
  readonly dial: (signal: AbortSignal) => Promise<Wire>;
  readonly shellId: string;
  readonly plan: CommandPlan;
  readonly options: RunOptions;
  readonly clock: RunClock;
}

/**
 * One run on a shell.
 * 1. Only a fault in answer to Command, or never having sent it, means that nothing was started.
 * 2. After anything else that fails, Signal and Delete are sent, and the shell is gone.
 * 3. A command that ended by itself is released by a Signal too; whether that worked changes nothing in the result, which waits for it shortly and never beyond its clock.
 *    Until the Signal is answered the wire is in use.
 */
export class Run {
  private readonly collector: OutputCollector;
  private commandId: string | undefined;
  private sent = false;
  private refused = false;
  /** When the host has forgotten a command that ended by itself, or has had the time of a stop for it. */
  forgotten = Promise.resolve();

  constructor(private readonly input: RunInput) {
    this.collector = new OutputCollector(input.options);
  }

  async result(): Promise<RunResult> {
    const { clock } = this.input;
    try {
      const exitCode = await this.carryOut();
      await this.unlessEnded(this.collector.end());
      this.forgotten = this.forget();
      await Promise.race([this.forgotten, delay(FORGET_WAIT_MS, undefined, { ref: false, signal: clock.signal }).catch(() => undefined)]);
      return { kind: 'exited', exitCode, ...this.collector.output };
    } catch (thrown) {
      // A wait that was aborted throws an error of its own; the clock knows why.
      const reason: unknown = thrown instanceof WinRmError || !clock.signal.aborted ? thrown : clock.signal.reason;
      return await this.failed(toWinRmError(reason, 'protocol'));
    } finally {
      clock.stop();
    }
  }

  private async carryOut(): Promise<number> {
    const { clock, wire, plan, dial } = this.input;
    clock.signal.throwIfAborted();
    // Before the command: a log-in that fails then leaves nothing behind.
    const beside = plan.stdin === undefined ? undefined : await dial(clock.signal);
    const fed = new AbortController();
    try {
      const command = await this.start();
      const feeding = this.feed(command, { beside, signal: AbortSignal.any([clock.signal, fed.signal]) });
      if (!beside) await feeding;
      try {
        return await this.receive(command, wire);
      } finally {
        fed.abort();
        await feeding.catch(() => undefined);
      }
    } finally {
      beside?.close();
    }
  }

  private async start(): Promise<CommandRef> {
    const { requests, wire, shellId, plan, clock } = this.input;
    const content = startCommand({ ...plan, shellId, pipesStdin: plan.stdin !== undefined || plan.stdinHead.length > 0 });
    this.sent = wire.isUsable;
    const answer = await requests.ask(wire, content, { signal: clock.signal });
    if (answer.kind === 'fault') {
      this.refused = true;
      throw faultError(answer.fault);
    }
    this.commandId = readCommandId(answer.body);
    return { shellId, commandId: this.commandId };
  }

  /**
   * The bootstrap's head alone is sent before reading: it prints nothing until it has read it. The caller's input goes over a connection
   * of its own while we read: a program may want its output read before it goes on reading.
   */
  private async feed(command: CommandRef, { beside, signal }: { readonly beside: Wire | undefined; readonly signal: AbortSignal }): Promise<void> {
    const { requests, wire, plan: { stdin, stdinHead }, clock } = this.input;
    const onTaken = (): void => clock.touch();
    if (!beside || stdin === undefined) {
      if (stdinHead.length > 0) await feedStdin({ requests, wire, command, input: stdinHead, signal, onTaken });
      return;
    }
    try {
      await feedStdin({ requests, wire: beside, command, input: Buffer.concat([stdinHead, stdin]), signal, onTaken });
    } catch (thrown) {
      if (!signal.aborted) clock.fail(toWinRmError(thrown, 'protocol'));
    }
  }

  private async receive(command: CommandRef, wire: Wire): Promise<number> {
    const { requests, clock } = this.input;
    for (;;) {
      const answer = await requests.ask(wire, receiveOutput(command), { signal: clock.signal });
      if (answer.kind === 'fault') {
        if (!meansAskAgain(answer.fault)) throw faultError(answer.fault);
        await delay(EMPTY_PAUSE_MS, undefined, { signal: clock.signal });
        continue;
      }
      const { chunks, exitCode } = readReceived(answer.body, command.commandId);
      const hasOutput = chunks.some(({ bytes }) => bytes.length > 0);
      // What the consumer takes is no silence of the host's.
      if (hasOutput) clock.pause();
      for (const chunk of chunks) await this.unlessEnded(this.collector.push(chunk));
      if (exitCode !== undefined) return exitCode;
      clock.signal.throwIfAborted();
      if (hasOutput) clock.resume();
      else await delay(EMPTY_PAUSE_MS, undefined, { signal: clock.signal });
    }
  }

  /** A consumer that never comes back holds no deadline up. */
  private async unlessEnded(consumed: Promise<void>): Promise<void> {
    const { signal } = this.input.clock;
    let stop = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason as Error);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([consumed, ended]);
    } finally {
      signal.removeEventListener('abort', stop);
      consumed.catch(() => undefined);
    }
  }

  /** Lets the host forget a command that is done (invariant 3). */
  private async forget(): Promise<void> {
    const { requests, wire, shellId } = this.input;
    if (this.commandId === undefined || !wire.isUsable) return;
    await requests.ask(wire, terminateCommand({ shellId, commandId: this.commandId }), { timeoutMs: STOP_TIMEOUT_MS }).catch(() => undefined);
  }

  private async failed(error: WinRmError): Promise<RunResult> {
    const output = this.collector.output;
    if (!this.sent || this.refused) return { kind: 'failed', error, stop: 'not-started', ...output };
    const confirmed = await release({ ...this.input, commandId: this.commandId });
    return { kind: 'failed', error, stop: confirmed ? 'confirmed' : 'not-confirmed', ...output };
  }
}
