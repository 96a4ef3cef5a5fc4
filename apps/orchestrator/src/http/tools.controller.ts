import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CatalogueToolView, ToolListView } from '@opsmesh/contracts';
import { ApiTokenGuard, ProblemError, Scopes } from '@opsmesh/platform';
import { nearestName } from '@opsmesh/plan-model';
import { CATALOGUE, type CatalogueReader } from './ports.js';

@ApiTags('tools')
@Controller('tools')
@UseGuards(ApiTokenGuard)
@Scopes('tools:read')
export class ToolsController {
  constructor(@Inject(CATALOGUE) private readonly catalogue: CatalogueReader) {}

  /** The tool catalogue: every tool that a plan may name now. */
  @Get()
  @ApiOkResponse({ type: ToolListView })
  async list(): Promise<ToolListView> {
    return { items: (await this.catalogue.current()).all() };
  }

  @Get(':name')
  @ApiOkResponse({ type: CatalogueToolView })
  async get(@Param('name') name: string): Promise<CatalogueToolView> {
    const tools = await this.catalogue.current();
    const tool = tools.get(name);
    if (tool) return tool;
    const near = nearestName(name, tools.names());
    throw new ProblemError(404, 'tool-not-found', `there is no tool "${name.slice(0, 64)}"${near ? `; do you mean "${near}"?` : ''}`);
  }
}
