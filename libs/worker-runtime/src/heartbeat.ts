import { HEARTBEAT_MS, HeartbeatAnswerDto, validate } from '@opsmesh/contracts';
import { limitedErrorLog, ProblemError, type Logger, type ServiceClient } from '@opsmesh/platform';
import { cancelled } from './cancellation.js';
import type { Presence } from './presence.js';
import type { Registration } from './registration.js';
import type { ResultPublisher } from './result-publisher.js';
import type { AttemptRunner } from './run-attempt.js';

export interface HeartbeatParts {
  readonly workerId: string;
  /** A client that gives up before the next beat is due. */
  readonly orchestrator: ServiceClient;
  readonly registration: Registration;
  readonly presence: Pick<Presence, 'now' | 'heard'>;
  readonly runner: AttemptRunner;
  readonly results: Pick<ResultPublisher, 'resend'>;
  readonly log: Logger;
  /** Default HEARTBEAT_MS. */
  readonly everyMs?: number;
  /** Called when the orchestrator refuses the tools for good. */
  onRefused(error: unknown): void;
}

/** Tells the orchestrator every second which attempts run here, and does what it answers: abort, publish again. One beat at a time. */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private beating: Promise<void> = Promise.resolve();
  private readonly complain: (err: Error) => void;

  constructor(private readonly parts: HeartbeatParts) {
    this.complain = limitedErrorLog(parts.log, 'heartbeat');
  }

  start(): void {
    const { everyMs = HEARTBEAT_MS } = this.parts;
    const begun = performance.now();
    this.beating = this.beat().catch((e: unknown) => { this.complain(e as Error); }).then(() => {
      if (!this.stopped) this.timer = setTimeout(() => { this.start(); }, Math.max(0, everyMs - (performance.now() - begun)));
    });
  }

  /** Resolves when no beat is under way any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.beating;
  }

  private async beat(): Promise<void> {
    const { orchestrator, workerId, presence, runner, results, log } = this.parts;
    const sentAt = presence.now();
    let answer: HeartbeatAnswerDto;
    try {
      answer = validate(HeartbeatAnswerDto, await orchestrator.call('POST', `/internal/workers/${workerId}/heartbeat`, { body: { active: [...runner.active.keys()] } }));
    } catch (e) {
      if (e instanceof ProblemError && e.status === 404) return this.registerAgain();
      throw e;
    }
    presence.heard(sentAt);
    runner.abort(answer.cancel, cancelled);
    for (const id of answer.resend) {
      // One that still runs is published when it ends.
      if (runner.active.has(id)) continue;
      results.resend(id).then((known) => { log.info({ attemptId: id, known }, 'asked for a result again'); }, (err: unknown) => { log.warn({ err }, 'a result could not be sent again'); });
    }
  }

  private async registerAgain(): Promise<void> {
    if (this.stopped) return;
    await this.parts.registration.register().catch((e: unknown) => { this.parts.onRefused(e); });
  }
}
