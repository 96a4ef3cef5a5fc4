import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiTokenGuard, ProblemError, Scopes } from '@opsmesh/platform';
import { nearestName, type CatalogueTool } from '@opsmesh/plan-model';
import { CATALOGUE, type CatalogueReader } from './ports.js';

@ApiTags('tools')
@Controller('tools')
@UseGuards(ApiTokenGuard)
@Scopes('tools:read')
export class ToolsController {
  constructor(@Inject(CATALOGUE) private readonly catalogue: CatalogueReader) {}

  /** The tool catalogue: every tool that a plan may name now. */
  @Get()
  async list(): Promise<{ items: CatalogueTool[] }> {
    return { items: (await this.catalogue.current()).all() };
  }

  @Get(':name')
  async get(@Param('name') name: string): Promise<CatalogueTool> {
    const tools = await this.catalogue.current();
    const tool = tools.get(name);
    if (tool) return tool;
    const near = nearestName(name, tools.names());
    throw new ProblemError(404, 'tool-not-found', `there is no tool "${name.slice(0, 64)}"${near ? `; do you mean "${near}"?` : ''}`);
  }
}
