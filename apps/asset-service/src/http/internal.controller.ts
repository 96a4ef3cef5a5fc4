import { Body, Controller, HttpCode, Inject, Param, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { InvalidMessage, InventoryReadDto, TargetsQueryDto, validate, type TargetFacts, type UnknownTarget } from '@opsmesh/contracts';
import { OnlyFrom, ProblemError, ServiceTokenGuard } from '@opsmesh/platform';
import { AssetListDto, AssetQueryDto } from '../inventory/asset-query.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { TargetService } from '../inventory/target.service.js';
import { InventoryProblems } from './inventory-problems.js';

/** What only the orchestrator asks of the inventory; it names the tenant. */
@Controller('internal')
@UseGuards(ServiceTokenGuard)
@OnlyFrom('orchestrator')
@UseInterceptors(InventoryProblems)
export class InternalController {
  constructor(@Inject(TargetService) private readonly targetService: TargetService, @Inject(InventoryService) private readonly inventory: InventoryService) {}

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
}
