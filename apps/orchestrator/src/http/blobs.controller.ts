import { Controller, Get, HttpCode, Inject, Param, Put, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiExcludeController, ApiTags } from '@nestjs/swagger';
import type { BlobRefDto } from '@opsmesh/contracts';
import { ApiTokenGuard, callingService, CurrentPrincipal, ProblemError, Scopes, ServiceTokenGuard, type Principal } from '@opsmesh/platform';
import type { Request, Response } from 'express';
import { BlobDesk, type Blob } from '../engine/blob-desk.js';
import { RUN_READER, type RunReader } from './ports.js';
import { Answers } from './response-schemas.js';

/** Finds what a run of a tenant keeps as a blob. */
export interface RunBlobs {
  ofRun(tenantId: string, runId: string, sha256: string): Promise<Blob | undefined>;
}
export const RUN_BLOBS = Symbol('RUN_BLOBS');

const SHA256 = /^[0-9a-f]{64}$/;
/** Types a browser would run or draw are not kept under their name. */
const MEDIA_TYPE = /^application\/[a-z0-9][a-z0-9.+-]{0,100}$/;
/** File name extensions of the types that have one of their own. */
const EXTENSIONS: Readonly<Record<string, string>> = { 'application/json': 'json', 'application/vnd.tcpdump.pcap': 'pcap' };

@ApiTags('runs')
@Controller('runs')
@UseGuards(ApiTokenGuard)
export class RunBlobsController {
  constructor(@Inject(RUN_READER) private readonly runs: RunReader, @Inject(RUN_BLOBS) private readonly blobs: RunBlobs) {}

  /** A file that a run made (a capture, for example) or an output that is too large for its item, as a download. */
  @Get(':id/blobs/:sha256')
  @Scopes('runs:read')
  @Answers(200, { 'application/octet-stream': 'bytes', 'application/vnd.tcpdump.pcap': 'bytes' }, 'the bytes, with the type they were stored as')
  async download(@CurrentPrincipal() principal: Principal, @Param('id') runId: string, @Param('sha256') sha256: string, @Res() response: Response): Promise<void> {
    const run = await this.runs.getRun(principal.tenantId, runId);
    const blob = SHA256.test(sha256) ? await this.blobs.ofRun(principal.tenantId, run.id, sha256) : undefined;
    if (!blob) throw new ProblemError(404, 'blob-not-found', 'the run has no such blob');
    response.set({
      'Content-Type': blob.mediaType,
      'Content-Disposition': `attachment; filename="${sha256.slice(0, 12)}.${EXTENSIONS[blob.mediaType] ?? 'bin'}"`,
      'Cache-Control': 'private, no-cache',
      ETag: `"${sha256}"`,
    }).send(blob.bytes);
  }
}

/** Files of attempts, for the workers that carry them out. */
@ApiExcludeController()
@Controller('internal/blobs')
@UseGuards(ServiceTokenGuard)
export class InternalBlobsController {
  constructor(@Inject(BlobDesk) private readonly desk: BlobDesk) {}

  @Put(':attempt')
  @HttpCode(200)
  keep(@Param('attempt') attemptId: string, @Query('media_type') mediaType: unknown, @Req() request: Request): Promise<BlobRefDto> {
    const bytes: unknown = request.body;
    if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw new ProblemError(422, 'invalid-body', 'a blob has at least one byte');
    if (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)) throw new ProblemError(422, 'invalid-query', 'media_type must be an application/* type');
    return this.desk.keep(callingService(request), attemptId, { bytes, mediaType });
  }

  @Get(':attempt/:sha256')
  async read(@Param('attempt') attemptId: string, @Param('sha256') sha256: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    if (!SHA256.test(sha256)) throw new ProblemError(404, 'blob-not-found', 'that is no blob');
    const { bytes } = await this.desk.read(callingService(request), attemptId, sha256);
    response.type('application/octet-stream').send(bytes);
  }
}
