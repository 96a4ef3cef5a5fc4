import { CANCEL_CHANNEL, CancelDto, ToolFailure, validate } from '@opsmesh/contracts';
import type { Logger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import type { AttemptRunner } from './run-attempt.js';

/** The reason attempts are aborted for when their run is cancelled. */
export function cancelled(): ToolFailure {
  return new ToolFailure('cancelled', 'the attempt was cancelled');
}

/**
 * Aborts attempts as soon as the orchestrator says so. What is missed here comes with the next heartbeat.
 * @param redis a connection of its own: a subscriber can send nothing else.
 */
export async function listenForCancels({ redis, runner, log }: { redis: Redis; runner: AttemptRunner; log: Logger }): Promise<void> {
  redis.on('message', (channel: string, text: string) => {
    if (channel !== CANCEL_CHANNEL) return;
    const cancel = readCancel(text);
    if (!cancel) {
      log.warn('a message to cancel could not be read');
      return;
    }
    const named = cancel.attemptIds && new Set(cancel.attemptIds);
    runner.abort([...runner.active.values()].filter(({ job }) => job.runId === cancel.runId && (named?.has(job.attemptId) ?? true)).map(({ job }) => job.attemptId), cancelled);
  });
  await redis.subscribe(CANCEL_CHANNEL);
}

function readCancel(text: string): CancelDto | undefined {
  try {
    return validate(CancelDto, JSON.parse(text));
  } catch {
    return undefined;
  }
}
