import 'reflect-metadata';
import { jsonSchemaOf, validate } from '@opsmesh/contracts';
import { TOOL_METADATA, type ToolCall, type ToolContext, type ToolOptions } from '@opsmesh/worker-runtime';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { InventoryService } from '../inventory/inventory.service.js';

type Handler = { run(call: ToolCall<object>): Promise<object> };
type Tool = new (inventory: InventoryService) => Handler;

/** What a tool declares. */
export function declared(tool: Tool): ToolOptions {
  return Reflect.getMetadata(TOOL_METADATA, tool.prototype.run as object) as ToolOptions;
}

/** Whether plain JSON fits the input by both ways it is checked: JSON Schema in the catalogue, DTO in the worker. They must agree. */
export function accepts(tool: Tool, input: object): boolean {
  const { input: dto } = declared(tool);
  const bySchema = addFormats.default(new Ajv({ strict: false })).compile(jsonSchemaOf(dto))(input);
  let byDto = true;
  try { validate(dto, input); } catch { byDto = false; }
  if (bySchema !== byDto) throw new Error(`schema says ${bySchema}, DTO says ${byDto}: ${JSON.stringify(input)}`);
  return byDto;
}

/** Runs a tool for tenant `t1` over an inventory that has only these methods. */
export function runTool(tool: Tool, inventory: Partial<InventoryService>, input: object): Promise<object> {
  return new tool(inventory as InventoryService).run({ input: validate(declared(tool).input, input), context: { tenantId: 't1' } as ToolContext });
}
