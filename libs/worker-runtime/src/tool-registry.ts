import type { Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { declarationFault, InvalidMessage, jsonSchemaOf, ToolDeclarationDto, validate } from '@opsmesh/contracts';
import { StartError } from '@opsmesh/platform';
import { TOOL_METADATA, type ToolOptions } from './tool.js';

/** A tool of this process. */
export interface RegisteredTool {
  readonly options: ToolOptions;
  /** As it is registered with the orchestrator. */
  readonly declaration: ToolDeclarationDto;
}

export type ToolRegistry = ReadonlyMap<string, RegisteredTool>;

/**
 * The tools of all controllers of an app, by name.
 * @throws StartError when there is none, one is declared twice or badly, or its class is no controller; it says what to change.
 */
export function discoverTools(modules: ModulesContainer): ToolRegistry {
  const tools = new Map<string, RegisteredTool>();
  const places = new Map<string, string>();
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      for (const { method, options } of toolsOf(metatype)) {
        const place = `${metatype?.name ?? '?'}.${method}`;
        const other = places.get(options.name);
        if (other !== undefined && other !== place) throw new StartError(`the tool "${options.name}" is declared twice, by ${other} and by ${place}: rename or remove one`);
        places.set(options.name, place);
        tools.set(options.name, { options, declaration: declare(options, place) });
      }
    }
    for (const { metatype } of module.providers.values()) {
      const [tool] = toolsOf(metatype);
      if (tool) throw new StartError(`${metatype?.name ?? '?'} has the tool "${tool.options.name}" but is a provider of ${module.name}: move it to the module's controllers`);
    }
  }
  for (const { declaration } of tools.values()) checkProbe(declaration, tools);
  if (tools.size === 0) throw new StartError('the service has no tool: add a class with a @Tool() method to the controllers of its module');
  return tools;
}

const scanner = new MetadataScanner();

function toolsOf(metatype: unknown): { method: string; options: ToolOptions }[] {
  if (typeof metatype !== 'function' || typeof metatype.prototype !== 'object' || metatype.prototype === null) return [];
  const prototype = (metatype as Type<Record<string, unknown>>).prototype as Record<string, unknown>;
  return scanner.getAllMethodNames(prototype).flatMap((method) => {
    const options = Reflect.getMetadata(TOOL_METADATA, prototype[method] as object) as ToolOptions | undefined;
    return options ? [{ method, options }] : [];
  });
}

function declare(options: ToolOptions, place: string): ToolDeclarationDto {
  const { input, output, commands, examples, ...same } = options;
  const declaration = { ...same, inputSchema: jsonSchemaOf(input), outputSchema: jsonSchemaOf(output), commands: [...(commands ?? [])], examples: [...(examples ?? [])] };
  const bad = (what: string): StartError => new StartError(`the tool "${options.name}" of ${place} is declared badly: ${what}`);
  try {
    validate(ToolDeclarationDto, declaration);
  } catch (e) {
    throw e instanceof InvalidMessage ? bad(e.message) : e;
  }
  const fault = declarationFault(declaration);
  if (fault !== undefined) throw bad(fault);
  for (const [what, pointer] of pointersOf(options)) {
    if (!has(declaration.inputSchema, pointer.split('/')[1]!)) throw bad(`${what} points to ${pointer}, which the input does not have`);
  }
  if (options.listOutput !== undefined && !has(declaration.outputSchema, options.listOutput)) throw bad(`listOutput is ${options.listOutput}, which the output does not have`);
  for (const [i, example] of (examples ?? []).entries()) {
    try {
      validate(input, example);
    } catch (e) {
      throw e instanceof InvalidMessage ? bad(`example ${i}: ${e.message}`) : e;
    }
  }
  return declaration;
}

/** @throws StartError when the probe of a tool is a tool of this process that can't be it */
function checkProbe({ name, probe }: ToolDeclarationDto, tools: ToolRegistry): void {
  const other = probe && tools.get(probe.tool)?.declaration;
  if (!probe || !other) return;
  const bad = (what: string): StartError => new StartError(`the tool "${name}" is declared badly: its probe "${probe.tool}" ${what}`);
  if (other.effect !== 'read' || !other.idempotent) throw bad('must be read-only and idempotent');
  for (const input of [...Object.keys(probe.inputs), ...(probe.since === undefined ? [] : [probe.since])]) if (!has(other.inputSchema, input)) throw bad(`has no input ${input}`);
  if (!has(other.outputSchema, probe.answer)) throw bad(`has no output ${probe.answer}`);
}

function pointersOf({ credential, target, commands, probe }: ToolOptions): [string, string][] {
  return [
    ...(credential ? [['credential.target', credential.target] satisfies [string, string]] : []),
    ...(target === undefined ? [] : [['target', target] satisfies [string, string]]),
    ...(commands ?? []).map((c): [string, string] => ['a command', c.pointer]),
    ...Object.values(probe?.inputs ?? {}).map((pointer): [string, string] => ['an input of the probe', pointer]),
  ];
}

function has(schema: Record<string, unknown>, property: string): boolean {
  return Object.hasOwn((schema['properties'] ?? {}) as object, property);
}
