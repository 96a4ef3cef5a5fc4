import { IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

/**
 * What a failure code means for retry and for doubt.
 * `retryable`: the same attempt may succeed later.
 * `effect`: `none` when nothing was done on the target, `maybe` when something may have been done, so that a tool that is not
 * idempotent ends as `unknown` (if the outcome is in doubt) or `failed`, and is never repeated.
 * `doubtful`: the outcome itself is not known.
 */
export interface FailureMeaning {
  readonly retryable: boolean;
  readonly effect: 'none' | 'maybe';
  readonly doubtful: boolean;
}

const before = (retryable: boolean): FailureMeaning => ({ retryable, effect: 'none', doubtful: false });
const after = (retryable: boolean): FailureMeaning => ({ retryable, effect: 'maybe', doubtful: false });
const doubt: FailureMeaning = { retryable: true, effect: 'maybe', doubtful: true };

/** The closed list of failure codes. Retry is decided by the code, never by the message. */
export const FAILURE_MEANINGS = {
  // before anything was sent
  'reference-missing': before(false),
  'input-invalid': before(false),
  'limit-exceeded': before(false),
  'dependency-failed': before(false),
  'tool-unavailable': before(false),
  'run-timeout': before(false),
  // before anything was done on the target
  'target-unknown': before(false),
  'target-refused': before(false),
  'capability-missing': before(false),
  'credential-unavailable': before(false),
  'grant-refused': before(false),
  'manifest-mismatch': before(false),
  'target-changed': before(false),
  'unreachable': before(true),
  'service-unavailable': before(true),
  'rate-limited': before(true),
  'auth-failed': before(false),
  'hostkey-mismatch': before(false),
  'not-found': before(false),
  'conflict': before(false),
  // the target acted, or may have: what is cancelled is stopped before it or in the middle
  'cancelled': after(false),
  'nonzero-exit': after(true),
  'killed-by-signal': after(true),
  'timed-out': after(true),
  'tool-failed': after(true),
  'output-invalid': after(false),
  // people, time or another run decided
  'approval-rejected': before(false),
  'approval-expired': before(false),
  'signal-timeout': before(false),
  'loop-limit': after(false),
  'child-failed': after(false),
  // nobody knows
  'child-unknown': doubt,
  'connection-lost': doubt,
  'stop-unconfirmed': doubt,
  'worker-lost': doubt,
} as const satisfies Record<string, FailureMeaning>;

export type FailureCode = keyof typeof FAILURE_MEANINGS;
export const FAILURE_CODES = Object.keys(FAILURE_MEANINGS) as FailureCode[];

/** A failure is data. `message` is for people and holds no secret; `cause` is a short machine-made detail. */
export class FailureDto {
  @IsIn(FAILURE_CODES) code!: FailureCode;
  @IsString() @MaxLength(4096) message!: string;
  /**
   * In a result: the code passes, as its meaning says. In what the orchestrator answers: such an attempt is tried again while there are attempts left, for which
   * the tool must be repeatable too, or nothing have been done. What is told of many items or of a container is not.
   */
  @IsBoolean() retryable!: boolean;
  @IsOptional() @IsString() @MaxLength(4096) cause?: string;
}

/** Builds a failure with the code's own `retryable`; texts are cut to their limits. */
export function failure(code: FailureCode, message: string, cause?: string): FailureDto {
  const f = new FailureDto();
  f.code = code;
  f.message = message.slice(0, 4096);
  f.retryable = FAILURE_MEANINGS[code].retryable;
  if (cause !== undefined) f.cause = cause.slice(0, 4096);
  return f;
}

/** Thrown by tool handlers to fail an attempt with a code; everything else that is thrown becomes `tool-failed`. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly failure: FailureDto;
  /** What the tool had produced before it failed (for example the output of a command that exited with 1). */
  readonly output: object | undefined;

  constructor(code: FailureCode, message: string, detail: { cause?: string; output?: object } = {}) {
    super(message);
    this.failure = failure(code, message, detail.cause);
    this.output = detail.output;
  }
}
