import { Body, Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { ConnectionBatchDto, LeaseBatchDto, type BatchAnswersDto, type ConnectionDto, type LeaseAnswerDto } from '@opsmesh/contracts';
import { answerBatch, LOGGER, OnlyFrom, ServiceTokenGuard, type Logger } from '@opsmesh/platform';
import { ConnectionService } from '../inventory/connection.service.js';
import { LeaseService } from '../vault/lease.service.js';

/** What attempts need to reach their targets, for many at once. The tenant comes from our own services: the orchestrator, which alone may ask for connections, names it; a worker's grant is signed over it. */
@Controller('internal')
@UseGuards(ServiceTokenGuard)
export class AccessController {
  constructor(@Inject(ConnectionService) private readonly connectionService: ConnectionService, @Inject(LeaseService) private readonly leaseService: LeaseService, @Inject(LOGGER) private readonly log: Logger) {}

  @Post('connections')
  @OnlyFrom('orchestrator')
  @HttpCode(200)
  connections(@Body() { batch }: ConnectionBatchDto): Promise<BatchAnswersDto<ConnectionDto>> {
    return answerBatch(this.connectionService.resolve(batch), this.log);
  }

  @Post('leases')
  @HttpCode(200)
  leases(@Body() { batch }: LeaseBatchDto): Promise<BatchAnswersDto<LeaseAnswerDto>> {
    return answerBatch(batch.map((request) => this.leaseService.lease(request)), this.log);
  }
}
