import { Controller, Inject } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { AssetDto } from '../inventory/asset.dto.js';
import { UpdateAssetDto } from '../inventory/asset-write.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { toolOutcome } from './tool-outcome.js';

@Controller()
export class AssetUpdateTool {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Tool({
    name: 'asset-update',
    version: '1.0.0',
    description: 'Changes fields of an asset, named by its id or host name; fields that are left out stay, null clears one, add_tags and remove_tags change single tags. '
      + 'With expected_version it fails with conflict when somebody else changed the asset.',
    input: UpdateAssetDto,
    output: AssetDto,
    effect: 'write',
    idempotent: false,
    target: '/asset',
    timeoutMs: 30_000,
    estimate: { durationMs: 20 },
    examples: [{ asset: 'web-01', changes: { status: 'maintenance', add_tags: ['patching'] } }, { asset: 'web-01', changes: { location: null }, expected_version: 3 }],
  })
  run({ input, context }: ToolCall<UpdateAssetDto>): Promise<AssetDto> {
    return toolOutcome(() => this.inventory.update(context.tenantId, input.asset, { changes: input.changes, expectedVersion: input.expected_version }));
  }
}
