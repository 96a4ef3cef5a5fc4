import { Body, Controller, Get, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AddTemplateDto, TemplateListView, TemplateProposalListView, TemplateView } from '@opsmesh/contracts';
import { ApiTokenGuard, assertTenant, CurrentPrincipal, Scopes, type Principal } from '@opsmesh/platform';
import { TemplateLibrary } from './template-library.js';

@ApiTags('templates')
@Controller('templates')
@UseGuards(ApiTokenGuard)
export class TemplatesController {
  constructor(@Inject(TemplateLibrary) private readonly library: TemplateLibrary) {}

  /** The templates that plans of conversations are made from: the tenant's own, and those that are built in. */
  @Get()
  @Scopes('runs:read')
  @ApiOkResponse({ type: TemplateListView })
  list(@CurrentPrincipal() principal: Principal): Promise<TemplateListView> {
    return this.library.list(principal);
  }

  /** Adds a template, or a new version of one. One with the id of a built-in template takes its place. */
  @Post()
  @Scopes('templates:write')
  @ApiBody({ type: AddTemplateDto })
  @ApiCreatedResponse({ type: TemplateView })
  add(@CurrentPrincipal() principal: Principal, @Body() body: AddTemplateDto): Promise<TemplateView> {
    assertTenant(principal, body.tenant_id);
    return this.library.add(principal, body.template);
  }

  /** Templates that were learned from approved and completed runs. None is used before a person promotes it. */
  @Get('proposals')
  @Scopes('runs:read')
  @ApiOkResponse({ type: TemplateProposalListView })
  proposals(@CurrentPrincipal() principal: Principal): Promise<TemplateProposalListView> {
    return this.library.proposals(principal);
  }

  @Post('proposals/:id/promote')
  @Scopes('templates:write')
  @ApiCreatedResponse({ type: TemplateView })
  promote(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<TemplateView> {
    return this.library.promote(principal, id);
  }

  @Post('proposals/:id/reject')
  @HttpCode(204)
  @Scopes('templates:write')
  @ApiNoContentResponse()
  reject(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<void> {
    return this.library.reject(principal, id);
  }

  @Get(':id')
  @Scopes('runs:read')
  @ApiOkResponse({ type: TemplateView })
  get(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<TemplateView> {
    return this.library.get(principal, id);
  }

  @Post(':id/enable')
  @HttpCode(200)
  @Scopes('templates:write')
  @ApiOkResponse({ type: TemplateView })
  enable(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<TemplateView> {
    return this.library.set(principal, id, 'enabled');
  }

  /** A disabled template is no longer used for new plans. */
  @Post(':id/disable')
  @HttpCode(200)
  @Scopes('templates:write')
  @ApiOkResponse({ type: TemplateView })
  disable(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<TemplateView> {
    return this.library.set(principal, id, 'disabled');
  }
}
