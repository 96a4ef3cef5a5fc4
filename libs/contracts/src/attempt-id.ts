/** Position of an attempt; its id is derived from it and never random. */
export interface AttemptPosition {
  /** uuidv7 of the run. */
  readonly runId: string;
  /** Id of the step in the plan: letters, digits, `_` and `-`, so never a dot. */
  readonly stepId: string;
  /** Index of the item in the step, from 0. */
  readonly item: number;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
}

/** `run.step.item.attempt`, which is also the BullMQ job id, or a part of it. */
export function attemptId(p: AttemptPosition): string {
  return `${p.runId}.${p.stepId}.${p.item}.${p.attempt}`;
}

const PATTERN = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z_][A-Za-z0-9_-]{0,63})\.(\d{1,7})\.(\d{1,4})$/;

/** The position in an attempt id, or undefined when the text is none. */
export function parseAttemptId(id: string): AttemptPosition | undefined {
  const m = PATTERN.exec(id);
  return m ? { runId: m[1]!, stepId: m[2]!, item: Number(m[3]), attempt: Number(m[4]) } : undefined;
}
