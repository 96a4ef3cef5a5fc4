import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { CreateCredentialDto, ReplaceCredentialDto, type CredentialView } from '../vault/credential.dto.js';
import { VaultService } from '../vault/vault.service.js';
import { InventoryProblems } from './inventory-problems.js';

/** The vault over HTTP: secrets are written, never read back. */
@Controller('credentials')
@UseGuards(ApiTokenGuard)
@UseInterceptors(InventoryProblems)
export class CredentialsController {
  constructor(@Inject(VaultService) private readonly vault: VaultService) {}

  @Get()
  @Scopes('assets:read')
  async list(@CurrentPrincipal() who: Principal): Promise<{ credentials: CredentialView[] }> {
    return { credentials: await this.vault.list(who.tenantId) };
  }

  @Post()
  @Scopes('credentials:write')
  create(@CurrentPrincipal() who: Principal, @Body() body: CreateCredentialDto): Promise<CredentialView> {
    assertTenant(who, body.tenant_id);
    return this.vault.create(who.tenantId, body);
  }

  @Put(':id')
  @Scopes('credentials:write')
  replace(@CurrentPrincipal() who: Principal, @Param('id') id: string, @Body() body: ReplaceCredentialDto): Promise<CredentialView> {
    assertTenant(who, body.tenant_id);
    return this.vault.replace(who.tenantId, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Scopes('credentials:write')
  async delete(@CurrentPrincipal() who: Principal, @Param('id') id: string): Promise<void> {
    await this.vault.delete(who.tenantId, id);
  }
}
