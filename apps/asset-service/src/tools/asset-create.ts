import { Controller, Inject } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { AssetDto } from '../inventory/asset.dto.js';
import { CreateAssetDto } from '../inventory/asset-write.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { toolOutcome } from './tool-outcome.js';

@Controller()
export class AssetCreateTool {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Tool({
    name: 'asset-create',
    version: '1.0.0',
    description: 'Adds an asset to the inventory. The host name must be new; else the step fails with conflict.',
    input: CreateAssetDto,
    output: AssetDto,
    effect: 'write',
    idempotent: false,
    target: '/hostname',
    timeoutMs: 30_000,
    estimate: { durationMs: 20 },
    examples: [{ hostname: 'web-01', ip_address: '10.0.0.5', os: 'Ubuntu 24.04', environment: 'production', tags: ['web', 'linux'], protocol: 'ssh' }],
  })
  run({ input, context }: ToolCall<CreateAssetDto>): Promise<AssetDto> {
    return toolOutcome(() => this.inventory.create(context.tenantId, input));
  }
}
