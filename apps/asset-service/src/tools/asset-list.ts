import { Controller, Inject } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { AssetListDto } from '../inventory/asset-query.dto.js';
import { AssetPageDto } from '../inventory/asset.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { toolOutcome } from './tool-outcome.js';

@Controller()
export class AssetListTool {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Tool({
    name: 'asset-list',
    version: '1.0.0',
    description: 'Lists all assets in the order of their host names, page by page (100 at a time unless said otherwise; the output\'s next is the cursor of the page that follows).',
    input: AssetListDto,
    output: AssetPageDto,
    effect: 'read',
    idempotent: true,
    listOutput: 'assets',
    timeoutMs: 30_000,
    estimate: { durationMs: 20 },
    examples: [{}, { limit: 500, fields: ['hostname', 'ip_address', 'status'] }],
  })
  run({ input, context }: ToolCall<AssetListDto>): Promise<AssetPageDto> {
    return toolOutcome(() => this.inventory.list(context.tenantId, input));
  }
}
