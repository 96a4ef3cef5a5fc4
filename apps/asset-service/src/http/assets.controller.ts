import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import type { AssetDeletedDto, AssetDto, AssetQueryResultDto, ImportResultDto } from '../inventory/asset.dto.js';
import { ImportAssetsDto } from '../inventory/asset-write.dto.js';
import { InventoryService } from '../inventory/inventory.service.js';
import { CreateAssetBodyDto, PatchAssetBodyDto, QueryAssetsBodyDto } from './asset-bodies.dto.js';
import { AssetSearchDto, queryOf } from './asset-search.dto.js';
import { InventoryProblems } from './inventory-problems.js';

/** The inventory over HTTP; `:ref` is an asset id or a host name. The tenant is the token's. */
@Controller('assets')
@UseGuards(ApiTokenGuard)
@UseInterceptors(InventoryProblems)
export class AssetsController {
  constructor(@Inject(InventoryService) private readonly inventory: InventoryService) {}

  @Get()
  @Scopes('assets:read')
  search(@CurrentPrincipal() who: Principal, @Query() search: AssetSearchDto): Promise<AssetQueryResultDto> {
    return this.inventory.query(who.tenantId, queryOf(search));
  }

  @Post('query')
  @HttpCode(200)
  @Scopes('assets:read')
  query(@CurrentPrincipal() who: Principal, @Body() { tenant_id, ...query }: QueryAssetsBodyDto): Promise<AssetQueryResultDto> {
    assertTenant(who, tenant_id);
    return this.inventory.query(who.tenantId, query);
  }

  @Post('import')
  @HttpCode(200)
  @Scopes('assets:write')
  import(@CurrentPrincipal() who: Principal, @Body() body: ImportAssetsDto): Promise<ImportResultDto> {
    assertTenant(who, body.tenant_id);
    return this.inventory.import(who.tenantId, body.assets);
  }

  @Post()
  @Scopes('assets:write')
  create(@CurrentPrincipal() who: Principal, @Body() { tenant_id, ...asset }: CreateAssetBodyDto): Promise<AssetDto> {
    assertTenant(who, tenant_id);
    return this.inventory.create(who.tenantId, asset);
  }

  @Get(':ref')
  @Scopes('assets:read')
  get(@CurrentPrincipal() who: Principal, @Param('ref') ref: string): Promise<AssetDto> {
    return this.inventory.get(who.tenantId, ref);
  }

  @Patch(':ref')
  @Scopes('assets:write')
  update(@CurrentPrincipal() who: Principal, @Param('ref') ref: string, @Body() { tenant_id, expected_version, ...changes }: PatchAssetBodyDto): Promise<AssetDto> {
    assertTenant(who, tenant_id);
    return this.inventory.update(who.tenantId, ref, { changes, expectedVersion: expected_version });
  }

  @Delete(':ref')
  @Scopes('assets:write')
  delete(@CurrentPrincipal() who: Principal, @Param('ref') ref: string): Promise<AssetDeletedDto> {
    return this.inventory.delete(who.tenantId, ref);
  }
}
