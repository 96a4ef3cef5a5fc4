import { STATUS_CODES } from 'node:http';
import type { DiagnosticDto, ProblemDto } from '@opsmesh/contracts';

/** What a problem says beyond status and code. */
export interface ProblemMore {
  /** Findings with their places in the body. */
  readonly errors?: DiagnosticDto[];
  /** The run to look at, where it is not known whether the request started or changed it. */
  readonly runId?: string;
  readonly cause?: unknown;
}

/** An answer that is an RFC 9457 problem document. `code` is stable kebab-case, `detail` is for people and holds no secret. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly errors: DiagnosticDto[] | undefined;
  readonly runId: string | undefined;

  constructor(readonly status: number, readonly code: string, readonly detail: string, more: ProblemMore = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.errors = more.errors;
    this.runId = more.runId;
  }

  /** @param instance path of the request, without its query. */
  toDocument(instance?: string): ProblemDto {
    return {
      type: `urn:opsmesh:problem:${this.code}`,
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.detail,
      ...(instance === undefined ? {} : { instance }),
      ...(this.errors ? { errors: this.errors } : {}),
      ...(this.runId === undefined ? {} : { run_id: this.runId }),
    };
  }
}
