import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Req, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ClaimBatchDto, HeartbeatDto, parseAttemptId, WorkerRegistrationDto, type BatchAnswersDto, type BlobRefDto, type ClaimAnswerDto, type HeartbeatAnswerDto } from '@opsmesh/contracts';
import { answerBatch, callingService, LOGGER, ProblemError, ServiceTokenGuard, TOKEN_VERIFIER, type Logger, type Principal, type TokenVerifier } from '@opsmesh/platform';
import { IsString, MaxLength } from 'class-validator';
import type { Request } from 'express';
import { ClaimDesk } from '../engine/claim-desk.js';
import { SERVICE_DESK, type ServiceDesk } from './ports.js';

class IntrospectDto {
  @IsString() @MaxLength(1024) token!: string;
}

/** What services of the mesh call; behind service tokens, not part of the public API. */
@ApiExcludeController()
@Controller('internal')
@UseGuards(ServiceTokenGuard)
export class InternalController {
  constructor(
    @Inject(SERVICE_DESK) private readonly desk: ServiceDesk, @Inject(ClaimDesk) private readonly claims: Pick<ClaimDesk, 'claim'>, @Inject(TOKEN_VERIFIER) private readonly tokens: TokenVerifier,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Post('workers')
  @HttpCode(204)
  async register(@Body() worker: WorkerRegistrationDto, @Req() request: Request): Promise<void> {
    const caller = callingService(request);
    if (caller !== worker.service) throw new ProblemError(403, 'forbidden', `${caller} may not register workers of ${worker.service}`);
    await this.desk.registerTools(worker);
    await this.desk.registerWorker(worker);
  }

  @Post('workers/:id/heartbeat')
  @HttpCode(200)
  async beat(@Param('id') workerId: string, @Body() { active }: HeartbeatDto, @Req() request: Request): Promise<HeartbeatAnswerDto> {
    const resend = await this.desk.beat({ workerId, service: callingService(request) }, active);
    if (!resend) throw new ProblemError(404, 'worker-unknown', 'register first');
    const runs = new Map(active.map((id) => [id, parseAttemptId(id)?.runId]));
    const unwanted = active.length > 0 ? await this.desk.unwanted([...new Set([...runs.values()].filter((r) => r !== undefined))]) : new Set<string>();
    return { resend, cancel: active.filter((id) => unwanted.has(runs.get(id) ?? '')) };
  }

  @Delete('workers/:id')
  @HttpCode(204)
  async deregister(@Param('id') workerId: string, @Req() request: Request): Promise<void> {
    await this.desk.deregister({ workerId, service: callingService(request) });
  }

  @Post('claims')
  @HttpCode(200)
  claim(@Body() { batch }: ClaimBatchDto, @Req() request: Request): Promise<BatchAnswersDto<ClaimAnswerDto>> {
    const service = callingService(request);
    return answerBatch(batch.map(({ attemptId, ...claim }) => this.claims.claim(service, attemptId, claim)), this.log);
  }

  @Put('blobs')
  @HttpCode(200)
  putBlob(@Req() request: Request): Promise<BlobRefDto> {
    if (!Buffer.isBuffer(request.body) || request.body.length === 0) throw new ProblemError(422, 'invalid-body', 'a blob has at least one byte');
    return this.desk.putBlob(request.body);
  }

  @Post('tokens/introspect')
  @HttpCode(200)
  introspect(@Body() { token }: IntrospectDto): Promise<Principal | null> {
    return this.tokens.verify(token);
  }
}
