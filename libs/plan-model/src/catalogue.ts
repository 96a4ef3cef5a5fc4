import type { ToolDeclarationDto } from '@opsmesh/contracts';

/** A tool as the compiler knows it: its declaration and where its jobs go. */
export type CatalogueTool = ToolDeclarationDto & { readonly service: string; readonly queue: string };

/** The tools that a plan may name. */
export interface ToolCatalogue {
  get(name: string): CatalogueTool | undefined;
  names(): readonly string[];
}
