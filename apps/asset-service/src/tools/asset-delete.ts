import { Controller, Inject } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { AssetDeletedDto } from '../inventory/asset.dto.js';
import { DeleteAssetDto } from '../inventory/asset-write.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { toolOutcome } from './tool-outcome.js';

@Controller()
export class AssetDeleteTool {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Tool({
    name: 'asset-delete',
    version: '1.0.0',
    description: 'Deletes an asset, named by its id or host name, from the inventory, and the credentials that belong to it alone. An asset that is not there is no error.',
    input: DeleteAssetDto,
    output: AssetDeletedDto,
    effect: 'destructive',
    idempotent: true,
    target: '/asset',
    timeoutMs: 30_000,
    estimate: { durationMs: 20 },
    examples: [{ asset: 'web-01' }],
  })
  run({ input, context }: ToolCall<DeleteAssetDto>): Promise<AssetDeletedDto> {
    return toolOutcome(() => this.inventory.delete(context.tenantId, input.asset));
  }
}
