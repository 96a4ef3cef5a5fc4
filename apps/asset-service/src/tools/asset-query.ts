import { Controller, Inject } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { AssetQueryDto } from '../inventory/asset-query.dto.js';
import { AssetQueryResultDto } from '../inventory/asset.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { toolOutcome } from './tool-outcome.js';

@Controller()
export class AssetQueryTool {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Tool({
    name: 'asset-query',
    version: '1.0.0',
    description: 'Finds assets of the inventory by any of their fields (tags, status, environment, operating system, location, address or network, attributes, ...) '
      + 'or by words, and gives them with the lists of their host names and addresses.',
    input: AssetQueryDto,
    output: AssetQueryResultDto,
    effect: 'read',
    idempotent: true,
    listOutput: 'assets',
    timeoutMs: 30_000,
    estimate: { durationMs: 20 },
    examples: [
      { filters: { tags: 'win10' }, fields: ['ip_address', 'hostname'] },
      { filters: { status: 'active', environment: ['production', 'staging'] }, sort: 'hostname' },
      { filters: { tags: { all: ['web', 'linux'], none: ['canary'] }, ip_address: '10.0.0.0/8' } },
      { filters: { os: { contains: 'ubuntu' }, attributes: { 'rack.row': 3 } }, limit: 100 },
      { search: 'sql berlin', count_only: true },
    ],
  })
  run({ input, context }: ToolCall<AssetQueryDto>): Promise<AssetQueryResultDto> {
    return toolOutcome(() => this.inventory.query(context.tenantId, input));
  }
}
