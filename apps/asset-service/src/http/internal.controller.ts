import { Body, Controller, HttpCode, Inject, Param, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { ConnectionQueryDto, InvalidMessage, InventoryReadDto, LeaseRequestDto, TargetsQueryDto, validate, type ConnectionDto, type LeaseAnswerDto, type TargetFacts, type UnknownTarget } from '@opsmesh/contracts';
import { ProblemError, ServiceTokenGuard } from '@opsmesh/platform';
import { AssetListDto, AssetQueryDto } from '../inventory/asset-query.dto.js';
import { ConnectionService } from '../inventory/connection.service.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { TargetService } from '../inventory/target.service.js';
import { InventoryProblems } from './inventory-problems.js';
import { LeaseService } from '../vault/lease.service.js';

/** What only our own services may ask. The tenant comes from them: the orchestrator names it, a worker's grant is signed over it. */
@Controller('internal')
@UseGuards(ServiceTokenGuard)
@UseInterceptors(InventoryProblems)
export class InternalController {
  constructor(
    @Inject(ConnectionService) private readonly connections: ConnectionService, @Inject(TargetService) private readonly targetService: TargetService,
    @Inject(InventoryService) private readonly inventory: InventoryService, @Inject(LeaseService) private readonly leases: LeaseService,
  ) {}

  @Post('connections')
  @HttpCode(200)
  connection(@Body() query: ConnectionQueryDto): Promise<ConnectionDto> {
    return this.connections.resolve(query);
  }

  @Post('targets')
  @HttpCode(200)
  targets(@Body() query: TargetsQueryDto): Promise<(TargetFacts | UnknownTarget)[]> {
    return this.targetService.resolve(query);
  }

  /** What a reading tool of the inventory would give now. */
  @Post('reads/:tool')
  @HttpCode(200)
  async read(@Param('tool') tool: string, @Body() { tenantId, input }: InventoryReadDto): Promise<object> {
    try {
      if (tool === 'asset-query') return await this.inventory.query(tenantId, validate(AssetQueryDto, input));
      if (tool === 'asset-list') return await this.inventory.list(tenantId, validate(AssetListDto, input));
    } catch (e) {
      throw e instanceof InvalidMessage ? new ProblemError(422, 'invalid-value', e.message, { cause: e }) : e;
    }
    throw new ProblemError(404, 'tool-not-found', `"${tool.slice(0, 64)}" is no reading tool of the inventory`);
  }

  @Post('leases')
  @HttpCode(200)
  lease(@Body() request: LeaseRequestDto): Promise<LeaseAnswerDto> {
    return this.leases.lease(request);
  }
}
