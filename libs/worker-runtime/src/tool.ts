import { applyDecorators, SetMetadata, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { CommandInputDto, ConnectionDto, Credential, CredentialNeedDto, ProbeDto, RetryPolicyDto, ToolEffect, ToolEstimateDto } from '@opsmesh/contracts';
import type { ClassConstructor } from 'class-transformer';
import type { Logger } from 'pino';
import { KeepErrorFilter } from './keep-error.filter.js';

/** What a service says of a tool; schemas are derived from the two DTO classes. Fields as in ToolDeclarationDto. */
export interface ToolOptions {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly input: ClassConstructor<object>;
  readonly output: ClassConstructor<object>;
  readonly effect: ToolEffect;
  readonly idempotent: boolean;
  readonly credential?: CredentialNeedDto;
  readonly target?: string;
  readonly listOutput?: string;
  readonly commands?: readonly CommandInputDto[];
  /** Default time an attempt may take, in milliseconds; a plan may say another. Above 60 s attempts are claimed, also of a tool that only reads. */
  readonly timeoutMs: number;
  readonly retry?: RetryPolicyDto;
  readonly estimate?: ToolEstimateDto;
  /** For how long an output may answer calls with the same inputs, in milliseconds. */
  readonly cacheMs?: number;
  readonly probe?: ProbeDto;
  readonly examples?: readonly Record<string, unknown>[];
}

/** What a handler gets. */
export interface ToolCall<I extends object> {
  /** An instance of the input DTO, validated. */
  readonly input: I;
  readonly context: ToolContext;
}

export interface ToolContext {
  readonly attempt: { readonly id: string; readonly runId: string; readonly stepId: string; readonly item: number; readonly number: number };
  readonly tenantId: string;
  readonly actorId: string;
  /** Aborted when the attempt times out, is cancelled or the process is told to stop for good; `reason` is a ToolFailure. */
  readonly signal: AbortSignal;
  /** When the attempt must be over, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Live news for those who watch; may be lost. `percent` is 0 to 100. */
  progress(news: { percent?: number; message?: string }): void;
  /** How to reach the target; present when the tool declares a credential. */
  readonly connection?: ConnectionDto;
  /**
   * The secret for the target, or for one of the jump hosts in `connection.via`; each credential is fetched at most once an attempt.
   * @throws ToolFailure `credential-unavailable`, `service-unavailable`, or what {@link assertGrant} throws
   */
  credential(hop?: ConnectionDto): Promise<Credential>;
  /**
   * Await it right before acting on the target: mostly it resolves at once. Where the grant has expired, or the attempt may have been given up, the orchestrator is asked whether it
   * still is ours, for as long as the attempt has time.
   * @throws ToolFailure `service-unavailable` when it was given up or nobody answers in time, `cancelled`, `target-changed`, `grant-refused`, or the refusal of the claim; nothing may be done then
   */
  assertGrant(): Promise<void>;
  readonly log: Logger;
}

/** Where {@link Tool} keeps its options on the method. */
export const TOOL_METADATA = Symbol('opsmesh.tool');

/**
 * Marks a method of a `@Controller()` class as the handler of a tool: it takes one {@link ToolCall} and returns (a promise of) the output DTO.
 * The tool's name is the message pattern, so the job's name picks the handler.
 */
export function Tool(options: ToolOptions): MethodDecorator {
  return applyDecorators(MessagePattern(options.name), SetMetadata(TOOL_METADATA, options), UseFilters(new KeepErrorFilter()));
}
