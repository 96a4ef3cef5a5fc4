import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { FAILURE_MEANINGS, ToolFailure, type ConnectionDto, type Credential, type JobDto } from '@opsmesh/contracts';
import type { Logger } from 'pino';
import { Redactor } from './redaction.js';
import type { RegisteredTool } from './tool-registry.js';
import type { ToolContext } from './tool.js';

/** The grant of a claimed attempt and what came with it. */
export interface Granted {
  readonly grant: string;
  /** When the claim was sent that it answers (`performance.now()`). */
  readonly askedAt: number;
  /** When the grant expires, in seconds since the epoch. */
  readonly expires: number;
  readonly connection: ConnectionDto | undefined;
  /** Exchanges the grant for one of its credentials. */
  lease(credentialId: string): Promise<Credential>;
  /**
   * Claims the attempt once more, with the same key: only who has it already is granted it again.
   * @returns undefined when it is somebody else's, or nobody's, by now
   * @throws ToolFailure
   */
  renew(): Promise<Granted | undefined>;
}

/** What an attempt needs of the process it runs in. */
export interface AttemptSurroundings {
  readonly log: Logger;
  progress(attempt: Attempt, news: { percent?: number; message?: string }): void;
  /** Whether others may have given up what was claimed here then (`performance.now()`). */
  mayBeGivenUpSince(then: number): boolean;
}

/**
 * One attempt while it runs here; also the context its handler gets.
 * 1. The first reason to abort wins; later ones change nothing.
 * 2. Signal and logger are made when they are first asked for: most calls need neither.
 * 3. A credential is fetched at most once, and from then on everything that leaves the attempt is searched for its secrets.
 */
export class Attempt implements ToolContext {
  readonly attempt: ToolContext['attempt'];
  readonly tenantId: string;
  readonly actorId: string;
  readonly deadline: number;
  readonly begun = performance.now();
  /** Why it was aborted. */
  aborted: ToolFailure | undefined;
  /** Called when it is aborted. */
  onAbort: (() => void) | undefined;
  /** Set when the tool declares a credential and the attempt was claimed. */
  connection?: ConnectionDto;
  redactor: Redactor | undefined;
  private readonly secrets: Credential[] = [];
  private granted: Granted | undefined;
  private controller: AbortController | undefined;
  private readonly leased = new Map<string, Promise<Credential>>();
  private logger: Logger | undefined;

  constructor(readonly job: JobDto, readonly tool: RegisteredTool, private readonly around: AttemptSurroundings) {
    this.attempt = { id: job.attemptId, runId: job.runId, stepId: job.stepId, item: job.item, number: job.attempt };
    this.tenantId = job.tenantId;
    this.actorId = job.actorId;
    this.deadline = this.begun + job.timeoutMs;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort(this.aborted);
    }
    return this.controller.signal;
  }

  get log(): Logger {
    return (this.logger ??= this.around.log.child({ attemptId: this.job.attemptId, tool: this.job.tool, tenantId: this.tenantId }));
  }

  // Handlers may take these three out of the context, so they are bound.
  readonly progress = (news: { percent?: number; message?: string }): void => {
    this.around.progress(this, news.message !== undefined && this.redactor ? { ...news, message: this.redactor.text(news.message) } : news);
  };

  readonly credential = async (hop?: ConnectionDto): Promise<Credential> => {
    const id = (hop ?? this.connection)?.credentialId;
    if (!this.granted || id === undefined || !this.tool.options.credential) throw new ToolFailure('credential-unavailable', `the tool "${this.job.tool}" has no credential for ${hop ? hop.hostname : 'its target'}`);
    let leased = this.leased.get(id);
    if (!leased) this.leased.set(id, leased = this.lease(id));
    return leased;
  };

  readonly assertGrant = async (): Promise<void> => {
    if (!this.granted || this.isGood(this.granted)) return;
    // It waited long for its turn, or nobody heard of this worker: it may be unknown by now, and a person may have it repeated.
    const granted = await this.granted.renew();
    if (!granted) throw new ToolFailure('service-unavailable', 'the attempt was given up before the tool acted: the worker was not heard of for a time');
    if (!isDeepStrictEqual(granted.connection, this.connection)) throw new ToolFailure('target-changed', 'the target is reached in another way than when the attempt was claimed');
    if (!this.isGood(granted)) throw new ToolFailure('grant-refused', 'the grant expired before the tool acted');
    this.granted = granted;
  };

  grant(granted: Granted): void {
    this.granted = granted;
    if (granted.connection) this.connection = granted.connection;
  }

  abort(reason: ToolFailure): void {
    if (this.aborted) return;
    this.aborted = reason;
    this.controller?.abort(reason);
    this.onAbort?.();
  }

  /** Whether the tool may have done something that must not be done twice: it was claimed, is not idempotent, and had what it needs to act. */
  get mayHaveActed(): boolean {
    const { idempotent, credential } = this.tool.options;
    return this.job.claim && !idempotent && (credential === undefined || this.redactor !== undefined);
  }

  private isGood({ expires, askedAt }: Granted): boolean {
    return Date.now() < expires * 1000 && !this.around.mayBeGivenUpSince(askedAt);
  }

  private async lease(credentialId: string): Promise<Credential> {
    await this.assertGrant();
    const credential = await this.granted!.lease(credentialId);
    this.secrets.push(credential);
    this.redactor = new Redactor(this.secrets);
    return credential;
  }
}

/** What an error of a handler means for its attempt. */
export function failureOf(error: unknown, attempt: Pick<Attempt, 'aborted' | 'mayHaveActed' | 'job' | 'tool'>): ToolFailure {
  const { aborted } = attempt;
  // A failure of the handler's own is its word. The reason of the abort that merely passed through (as fetch does with it) says nothing of the target.
  if (error instanceof ToolFailure && error !== aborted) return error;
  if (!aborted) return toolFailed(error);
  const { code } = aborted.failure;
  if (code === 'timed-out') return aborted;
  if (attempt.mayHaveActed) return new ToolFailure('stop-unconfirmed', `${aborted.message}; whether the target stopped is not known`);
  // It was claimed but had not acted: no doubt is left. What may be repeated may have; its doubt does no harm.
  if (attempt.job.claim && !attempt.tool.options.idempotent && FAILURE_MEANINGS[code].doubtful) return new ToolFailure('service-unavailable', `${aborted.message} before the tool acted`);
  return aborted;
}

function toolFailed(error: unknown): ToolFailure {
  if (error instanceof Error) return new ToolFailure('tool-failed', error.message || error.name, { cause: causeOf(error) });
  return new ToolFailure('tool-failed', typeof error === 'string' ? error : 'the handler threw something that is no error');
}

function causeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? `${error.name} ${code}` : error.name;
}
