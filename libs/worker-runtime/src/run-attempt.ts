import { performance } from 'node:perf_hooks';
import { failure, fits, InvalidMessage, MESSAGE_VERSION, needsGrant, ToolFailure, validate, type FailureCode, type FailureDto, type JobDto, type ResultDto } from '@opsmesh/contracts';
import { beginSpan, codeOf, isTracing, withSpan } from '@opsmesh/platform';
import type { Logger } from 'pino';
import { Attempt, failureOf, type AttemptSurroundings, type Granted } from './attempt.js';
import type { ClaimClient } from './claim-client.js';
import type { WorkerMetrics } from './metrics.js';
import { storeOutput, type BlobStore, type StoredOutput } from './output.js';
import type { Presence } from './presence.js';
import type { ProgressPublisher } from './progress.js';
import { readJob } from './read-job.js';
import type { ResultPublisher } from './result-publisher.js';
import type { ToolRegistry } from './tool-registry.js';
import type { ToolCall } from './tool.js';

/** Time a handler has to end after it was aborted, in milliseconds. */
const GRACE_MS = 5000;

/** Calls the handler of a tool. */
export type Invoke = (tool: string, call: ToolCall<object>) => Promise<unknown>;

export interface RunnerParts {
  readonly workerId: string;
  readonly tools: ToolRegistry;
  readonly claims: Pick<ClaimClient, 'claim'>;
  readonly blobs: BlobStore;
  readonly results: Pick<ResultPublisher, 'publish' | 'resend'>;
  readonly progress: Pick<ProgressPublisher, 'tell' | 'end'>;
  readonly presence: Pick<Presence, 'mayBeGivenUpSince'>;
  readonly metrics: Pick<WorkerMetrics, 'ended'>;
  readonly log: Logger;
  /** Default {@link GRACE_MS}. */
  readonly graceMs?: number;
}

type Outcome =
  | { readonly status: 'succeeded'; readonly output: object }
  | { readonly status: 'failed'; readonly failure: FailureDto; readonly output?: object | undefined };

/**
 * Takes jobs and turns each into one result.
 * 1. `run` returns after the result is on the stream, or when nothing may be said (the claim was refused).
 * 2. It throws only for a job that can't be read; everything a tool does wrong is a failed result.
 * 3. An attempt is active from here to its result's confirmation; a second delivery of it is not run.
 */
export class AttemptRunner implements AttemptSurroundings {
  private readonly running = new Map<string, Attempt>();
  readonly log: Logger;
  /** Time a handler has to end after it was aborted, in milliseconds; shortened when the process stops. */
  graceMs: number;

  constructor(private readonly parts: RunnerParts) {
    this.log = parts.log;
    this.graceMs = parts.graceMs ?? GRACE_MS;
  }

  get active(): ReadonlyMap<string, Attempt> {
    return this.running;
  }

  progress(attempt: Attempt, news: { percent?: number; message?: string }): void {
    if (this.running.has(attempt.job.attemptId)) this.parts.progress.tell(attempt, news);
  }

  mayBeGivenUpSince(then: number): boolean {
    return this.parts.presence.mayBeGivenUpSince(then);
  }

  /** @throws InvalidMessage when the entry is no job. */
  async run(name: string, data: unknown, invoke: Invoke): Promise<void> {
    const job = readJob(name, data);
    if (this.running.has(job.attemptId)) {
      this.log.warn({ attemptId: job.attemptId }, 'an attempt that is running here was delivered again');
      return;
    }
    const tool = this.parts.tools.get(job.tool);
    if (!tool || major(tool.options.version) !== major(job.toolVersion)) {
      const what = tool ? `has "${job.tool}" ${tool.options.version}, but the job is for ${job.toolVersion}` : `has no tool "${job.tool}"`;
      await this.parts.results.publish(job.attemptId, resultJson(this.parts.workerId, { job, status: 'failed', failure: failure('tool-unavailable', `this worker ${what}`), durationMs: 0 }));
      return;
    }
    const attempt = new Attempt(job, tool, this);
    this.running.set(job.attemptId, attempt);
    try {
      // Delivered again after its result was written: the first outcome counts.
      if (!await this.parts.results.resend(job.attemptId)) await this.complete(attempt, invoke);
    } finally {
      this.running.delete(job.attemptId);
    }
  }

  /** Aborts running attempts; those that are not running here are ignored. */
  abort(attemptIds: Iterable<string>, reason: () => ToolFailure): void {
    for (const id of attemptIds) this.running.get(id)?.abort(reason());
  }

  private complete(attempt: Attempt, invoke: Invoke): Promise<unknown> {
    return isTracing() ? this.traced(attempt, invoke) : this.carryOut(attempt, invoke);
  }

  private async traced(attempt: Attempt, invoke: Invoke): Promise<void> {
    const { job } = attempt;
    const span = beginSpan(`attempt ${job.tool}`, {
      kind: 'consumer', parent: job.traceparent ?? null,
      attributes: { 'opsmesh.run': job.runId, 'opsmesh.step': job.stepId, 'opsmesh.item': job.item, 'opsmesh.attempt': job.attempt, 'opsmesh.tool': job.tool, 'opsmesh.worker': this.parts.workerId },
    })!;
    try {
      const code = await span.around(() => this.carryOut(attempt, (tool, call) => withSpan(`tool ${tool}`, {}, () => invoke(tool, call))));
      span.end(code === 'succeeded' ? undefined : code ?? 'claim-refused');
    } catch (e) {
      span.end(codeOf(e));
      throw e;
    }
  }

  /** @returns `succeeded` or the code of the failure; undefined when the attempt was not ours to run */
  private async carryOut(attempt: Attempt, invoke: Invoke): Promise<string | undefined> {
    const { job } = attempt;
    const timer = setTimeout(() => { attempt.abort(new ToolFailure('timed-out', `the attempt took longer than ${job.timeoutMs} ms`)); }, job.timeoutMs);
    let outcome: Outcome | undefined;
    try {
      outcome = await this.outcomeOf(attempt, invoke);
    } finally {
      clearTimeout(timer);
    }
    const ms = performance.now() - attempt.begun;
    this.parts.progress.end(attempt);
    if (!outcome) return undefined;
    const { json, code } = await this.toResult(attempt, outcome, Math.round(ms));
    this.parts.metrics.ended(job.tool, code, ms);
    await this.parts.results.publish(job.attemptId, json);
    return code;
  }

  /** Undefined when the attempt is not ours to run. */
  private async outcomeOf(attempt: Attempt, invoke: Invoke): Promise<Outcome | undefined> {
    const { job, tool: { options } } = attempt;
    let input: object;
    try {
      input = validate(options.input, job.input);
    } catch (e) {
      return failed('input-invalid', e instanceof InvalidMessage ? e.message : 'the input is nested too deeply');
    }
    if (job.claim) {
      let granted: Granted | undefined;
      try {
        granted = await this.parts.claims.claim(attempt);
      } catch (e) {
        return failedBy(e instanceof ToolFailure ? e : failureOf(e, attempt));
      }
      if (!granted) {
        this.log.info({ attemptId: job.attemptId }, 'the claim was refused: the attempt is left to others');
        return undefined;
      }
      attempt.grant(granted);
      // Cancelled while the answer was on its way: nothing was done.
      if (attempt.aborted) return failedBy(failureOf(attempt.aborted, { aborted: attempt.aborted, mayHaveActed: false, job, tool: attempt.tool }));
    } else if (needsGrant(options)) {
      return failed('grant-refused', `the tool "${job.tool}" must be claimed, but the job asks for no claim`);
    }
    return this.settled(attempt, invoke(job.tool, { input, context: attempt }));
  }

  /** Waits for the handler; after an abort only for the time of grace. */
  private settled(attempt: Attempt, handler: Promise<unknown>): Promise<Outcome> {
    return new Promise<Outcome>((decide) => {
      let grace: NodeJS.Timeout | undefined;
      const giveUp = (): void => {
        grace = setTimeout(() => {
          this.log.warn({ attemptId: attempt.job.attemptId, tool: attempt.job.tool }, 'a handler did not stop when told to; it may still be running');
          decide(failed('stop-unconfirmed', `${attempt.aborted?.message ?? 'the attempt was aborted'}, and the tool did not confirm that it stopped`));
        }, this.graceMs);
      };
      if (attempt.aborted) giveUp();
      else attempt.onAbort = giveUp;
      handler.then(
        (output) => {
          clearTimeout(grace);
          decide(checked(attempt, output));
        },
        (error: unknown) => {
          clearTimeout(grace);
          decide(failedBy(failureOf(error, attempt)));
        },
      );
    });
  }

  private async toResult(attempt: Attempt, outcome: Outcome, durationMs: number): Promise<{ json: string; code: string }> {
    const { workerId } = this.parts;
    const base = { job: attempt.job, durationMs };
    const bad = (message: string): { json: string; code: string } => ({ json: resultJson(workerId, { ...base, status: 'failed', failure: failure('output-invalid', message) }), code: 'output-invalid' });
    const text = outcome.output === undefined ? undefined : toJson(attempt, outcome.output);
    if (text === undefined && outcome.status === 'succeeded') return bad('the output can not be written as JSON');
    const stored = text === undefined ? undefined : await this.store(attempt, text);
    if (typeof stored === 'string') return bad(`the output of ${text!.length} characters could not be stored: ${stored}`);
    if (outcome.status === 'succeeded') return { json: resultJson(workerId, { ...base, status: 'succeeded', stored }), code: 'succeeded' };
    return { json: resultJson(workerId, { ...base, status: 'failed', failure: cleaned(attempt, outcome.failure), stored }), code: outcome.failure.code };
  }

  /** The stored output, or a text that says why it could not be stored. */
  private async store(attempt: Attempt, json: string): Promise<StoredOutput | string> {
    try {
      return await storeOutput(json, this.parts.blobs);
    } catch (err) {
      this.log.error({ err, attemptId: attempt.job.attemptId }, 'a large output could not be stored');
      return err instanceof Error ? err.message : 'unknown';
    }
  }
}

interface ResultParts {
  readonly job: JobDto;
  readonly status: ResultDto['status'];
  readonly durationMs: number;
  readonly failure?: FailureDto;
  readonly stored?: StoredOutput | undefined;
}

/** The result as JSON; an inline output is JSON already and only put in. */
function resultJson(workerId: string, { job, status, durationMs, failure: why, stored }: ResultParts): string {
  const head = JSON.stringify({
    v: MESSAGE_VERSION, attemptId: job.attemptId, runId: job.runId, stepId: job.stepId, item: job.item, attempt: job.attempt, tenantId: job.tenantId, workerId, status, durationMs,
    ...(why ? { failure: why } : {}),
    ...(stored?.kind === 'blob' ? { blob: stored.blob, ...(stored.truncated ? { truncated: true } : {}) } : {}),
  } satisfies ResultDto);
  return stored?.kind === 'inline' ? `${head.slice(0, -1)},"output":${stored.json}}` : head;
}

/** Checks an output against what the tool declared. The schema decides, since outputs may be large; the DTO's own rules only say what is wrong. */
function checked({ tool: { options } }: Attempt, output: unknown): Outcome {
  try {
    if (typeof output === 'object' && output !== null && fits(options.output, output)) return { status: 'succeeded', output };
    return { status: 'succeeded', output: validate(options.output, output) };
  } catch (e) {
    return failed('output-invalid', e instanceof InvalidMessage ? `the tool "${options.name}" returned an output that does not fit: ${e.message}` : 'the output is nested too deeply');
  }
}

/** Undefined when the output can't be written. */
function toJson({ redactor }: Attempt, output: object): string | undefined {
  try {
    return JSON.stringify(redactor ? redactor.value(output) : output);
  } catch {
    return undefined;
  }
}

function cleaned({ redactor }: Attempt, { code, message, cause }: FailureDto): FailureDto {
  return redactor ? failure(code, redactor.text(message), cause === undefined ? undefined : redactor.text(cause)) : failure(code, message, cause);
}

function failed(code: FailureCode, message: string): Outcome {
  return { status: 'failed', failure: failure(code, message) };
}

function failedBy(error: ToolFailure): Outcome {
  return { status: 'failed', failure: error.failure, output: error.output };
}

function major(version: string): string {
  return version.slice(0, version.indexOf('.'));
}
