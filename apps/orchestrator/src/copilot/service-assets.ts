import { PlainMessage } from '@opsmesh/contracts';
import type { AssetFacts } from '@opsmesh/copilot';
import { answerOf, type ServiceClient } from '@opsmesh/platform';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { AssetSource } from './inventory-facts.js';

const PAGE = 10_000;
const MOST = 100_000;
const FIELDS = ['hostname', 'ip_address', 'os', 'environment', 'status', 'location', 'protocol', 'tags'] as const;

@PlainMessage()
class AssetDto implements AssetFacts {
  @IsString() readonly hostname!: string;
  @IsOptional() @IsString() readonly ip_address?: string;
  @IsOptional() @IsString() readonly os?: string;
  @IsOptional() @IsString() readonly environment?: string;
  @IsOptional() @IsString() readonly status?: string;
  @IsOptional() @IsString() readonly location?: string;
  @IsOptional() @IsIn(['ssh', 'winrm']) readonly protocol?: 'ssh' | 'winrm';
  @IsOptional() @IsArray() @IsString({ each: true }) readonly tags?: readonly string[];
}

/** Output of `asset-query` for {@link FIELDS}. */
@PlainMessage()
class AssetPageDto {
  @IsArray() @ValidateNested({ each: true }) @Type(() => AssetDto) readonly assets!: readonly AssetDto[];
  @IsInt() readonly asset_count!: number;
  @IsArray() @IsString({ each: true }) readonly hostnames!: readonly string[];
  @IsArray() @IsString({ each: true }) readonly ip_addresses!: readonly string[];
  @IsInt() readonly total!: number;
  @IsBoolean() readonly truncated!: boolean;
}

/** The inventory as the asset service gives it to its sister services. */
export class ServiceAssets implements AssetSource {
  constructor(private readonly assets: Pick<ServiceClient, 'call'>) {}

  async assetsOf(tenantId: string): Promise<AssetFacts[]> {
    const all: AssetFacts[] = [];
    for (let truncated = true; truncated && all.length < MOST;) {
      const page = answerOf(AssetPageDto, await this.assets.call('POST', '/internal/reads/asset-query', { body: { tenantId, input: { fields: FIELDS, sort: 'hostname', limit: PAGE, offset: all.length } } }));
      all.push(...page.assets);
      truncated = page.truncated && page.assets.length > 0;
    }
    return all;
  }
}
