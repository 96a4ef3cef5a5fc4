import { failure, type FailureCode } from '@opsmesh/contracts';
import type { RunEvent } from '@opsmesh/plan-model';
import type { AttemptRef } from '../engine/positions.js';
import type { NewRun } from '../engine/run.js';
import type { Submission } from '../engine/submission.js';

type EventSubmission = Extract<Submission, { kind: 'event' }>;

export function create(run: NewRun): Submission {
  return { kind: 'create', run };
}

export function happens(runId: string, event: RunEvent): EventSubmission {
  return { kind: 'event', runId, event };
}

/** That the attempt succeeded with an output that is small enough to be kept inline. */
export function succeeded(ref: AttemptRef, output: unknown = {}): EventSubmission {
  return finished(ref, { status: 'succeeded' }, output);
}

export function failed(ref: AttemptRef, code: FailureCode, output?: unknown): EventSubmission {
  return finished(ref, { status: 'failed', failure: { ...failure(code, `failed with ${code}`) } }, output);
}

export function claimed(ref: AttemptRef, workerId = 'w1', keyThumbprint = 'k'.repeat(43)): EventSubmission {
  return { ...happens(ref.runId, { type: 'claimed', step: ref.step, item: ref.item, attempt: ref.attempt }), claim: { workerId, keyThumbprint, credentialId: null } };
}

function finished({ runId, step, item, attempt }: AttemptRef, outcome: Extract<RunEvent, { type: 'finished' }>['outcome'], output: unknown): EventSubmission {
  return {
    ...happens(runId, { type: 'finished', step, item, attempt, outcome, random: 0.5 }),
    result: { workerId: 'w1', durationMs: 7, output: { json: output === undefined ? null : JSON.stringify(output), blobSha256: null, truncated: false } },
  };
}

/** The same submissions in another order, the same one for the same seed. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const out = [...list];
  let state = seed;
  for (let i = out.length - 1; i > 0; i--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const j = state % (i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** The place of an attempt; the first of the first item of the first step when left out. */
export const ref = (runId: string, step = 0, item = 0, attempt = 1): AttemptRef => ({ runId, step, item, attempt });
