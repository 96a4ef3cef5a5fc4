import type { AttemptOutcome, Json, RunEvent } from '@opsmesh/plan-model';
import type { Submission } from './submission.js';

/** How an item ends that no worker carries out. */
export interface Ending {
  readonly outcome: AttemptOutcome;
  /** The item's output; left out when there is none, or it is larger than {@link MOST_OUTPUT}. */
  readonly output?: Json;
  readonly truncated?: boolean;
}

/** Longest output that an ending carries, as characters of JSON: what is kept inline of any output. */
export const MOST_OUTPUT = 64 * 1024;

/** How an unknown attempt ended, and who says so. */
export type Settlement = Pick<Extract<RunEvent, { type: 'resolved' }>, 'status' | 'reason' | 'actor'>;

/** What a timer becomes when it is due. */
export type TimedEvent =
  | { readonly kind: 'run-timeout' }
  | { readonly kind: 'retry'; readonly step: number; readonly item: number; readonly attempt: number }
  | { readonly kind: 'probe'; readonly step: number; readonly item: number; readonly attempt: number }
  /** A probe could tell how an unknown attempt ended. */
  | { readonly kind: 'settle'; readonly step: number; readonly item: number; readonly attempt: number; readonly settlement: Settlement }
  | { readonly kind: 'wave'; readonly step: number; readonly wave: number }
  /** The item of a step that waits is over: its time, a signal, a decision, the end of its child run. */
  | { readonly kind: 'finish'; readonly step: number; readonly item: number; readonly attempt: number; readonly ending: Ending }
  /** What the parent of a child run was told is told to the child too. */
  | { readonly kind: 'command'; readonly command: 'cancel' | 'pause' | 'resume' };

/** Name under which the orchestrator stands where a worker would. */
export const ORCHESTRATOR = 'orchestrator';

/** The submission of a timer that is due. */
export function submissionOf(runId: string, timed: TimedEvent, timerId?: number): Submission {
  const timer = timerId === undefined ? {} : { timerId };
  switch (timed.kind) {
    case 'run-timeout': return { kind: 'event', runId, event: { type: 'timed-out' }, ...timer };
    case 'retry': return { kind: 'event', runId, event: { type: 'retry-due', step: timed.step, item: timed.item, attempt: timed.attempt }, ...timer };
    case 'probe': return { kind: 'event', runId, event: { type: 'probe-due', step: timed.step, item: timed.item, attempt: timed.attempt }, ...timer };
    case 'settle': return { kind: 'event', runId, event: { type: 'resolved', step: timed.step, item: timed.item, attempt: timed.attempt, ...timed.settlement }, ...timer };
    case 'wave': return { kind: 'event', runId, event: { type: 'wave-due', step: timed.step, wave: timed.wave }, ...timer };
    case 'command': return { kind: 'event', runId, event: { type: timed.command }, ...timer };
    case 'finish': {
      const { step, item, attempt, ending } = timed;
      return {
        kind: 'event', runId, ...timer,
        event: { type: 'finished', step, item, attempt, outcome: ending.outcome, random: 0 },
        result: { workerId: ORCHESTRATOR, durationMs: null, output: { json: ending.output === undefined ? null : JSON.stringify(ending.output), blobSha256: null, truncated: ending.truncated ?? false } },
      };
    }
  }
}
