import { Body, Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { ConnectionQueryDto, LeaseRequestDto, type ConnectionDto, type LeaseAnswerDto } from '@opsmesh/contracts';
import { ServiceTokenGuard } from '@opsmesh/platform';
import { ConnectionService } from '../inventory/connection.service.js';
import { LeaseService } from '../vault/lease.service.js';

/** What only our own services may ask. The tenant comes from them: the orchestrator names it, a worker's grant is signed over it. */
@Controller('internal')
@UseGuards(ServiceTokenGuard)
export class InternalController {
  constructor(@Inject(ConnectionService) private readonly connections: ConnectionService, @Inject(LeaseService) private readonly leases: LeaseService) {}

  @Post('connections')
  @HttpCode(200)
  connection(@Body() query: ConnectionQueryDto): Promise<ConnectionDto> {
    return this.connections.resolve(query);
  }

  @Post('leases')
  @HttpCode(200)
  lease(@Body() request: LeaseRequestDto): Promise<LeaseAnswerDto> {
    return this.leases.lease(request);
  }
}
