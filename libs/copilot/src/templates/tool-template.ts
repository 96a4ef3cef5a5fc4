import { propertiesOf, targetOf, type CatalogueTool, type ToolProperty } from '../catalogue/catalogue.js';
import type { Json, JsonObject } from '../plan/plan-document.js';
import { ASSETS, EACH_ASSET } from './builtin/step-parts.js';
import type { SlotSpec, SlotType, Template } from './template.js';

/** What an input of a tool is filled from, by its name; the first that fits. */
const BY_NAME: readonly (readonly [RegExp, SlotType])[] = [
  [/^(?:ip|ip_?address|address|source_?ip|remote_?address)$/i, 'address'], [/^(?:drive_?letter|drive)$/i, 'drive'], [/^(?:service(?:_?name)?|unit)$/i, 'service'], [/^(?:path|file|file_?path|directory)$/i, 'path'],
  [/ports?$/i, 'ports'], [/^(?:pid|process_?id)$/i, 'pid'], [/^process(?:_?name)?$/i, 'process'], [/^(?:user|user_?name|account|account_?name)$/i, 'user'], [/^(?:limit|top|max\w*)$/i, 'limit'], [/^(?:count|times)$/i, 'count'],
  [/^(?:duration|ttl|block_?for)(?:_?(?:s|sec|seconds))?$|duration_?seconds$/i, 'seconds'], [/^(?:since|after|from)$/i, 'since'], [/^(?:until|before|to)$/i, 'until'], [/^(?:pattern|query|text|search|filter|indicator)$/i, 'pattern'],
  [/^(?:command|script)$/i, 'command'], [/^(?:destination|dest)$/i, 'destination'], [/^(?:domain|fqdn)$/i, 'domain'], [/^(?:tag)$/i, 'tag'],
];
const DURATIONS = ['24 hours', '1 hour', '7 days'];

/** The template that a single tool amounts to, so that every registered tool can be asked for by its name. */
export function templateOfTool(tool: CatalogueTool): Template {
  const target = targetOf(tool);
  const slots: Record<string, SlotSpec> = {};
  const inputs: Record<string, Json> = {};
  const onAssets = target !== undefined && (tool.credential !== undefined || /host|asset|machine/i.test(target));
  for (const property of propertiesOf(tool)) {
    if (property.name === target) {
      slots[onAssets ? 'targets' : target] = onAssets ? { type: 'assets', required: true, ask: 'On which hosts?' } : { type: 'endpoints', required: property.required, ask: `Which ${words(target)}?` };
      inputs[target] = onAssets ? (tool.credential === undefined ? '<<item.ip_address>>' : '<<item.hostname>>') : '<<item>>';
      continue;
    }
    const spec = slotOf(property, tool);
    if (!spec) continue;
    slots[property.name] = spec;
    inputs[property.name] = { $slot: property.name, ...(spec.type === 'ports' ? portsAs(property) : {}) };
  }
  const step: JsonObject = { id: 'call', tool: tool.name, ...(onAssets ? { forEach: EACH_ASSET } : target === undefined ? {} : { forEach: `<<input.${target}>>` }), inputs };
  return {
    id: `tool-${tool.name}`, version: 1, title: tool.name, description: tool.description, category: 'automation', action: `tool:${tool.name}`, platform: null, phrases: [],
    slots, steps: onAssets ? [ASSETS, step] : [step], answer: tool.effect === 'read' ? { kind: 'table', step: 'call', subject: tool.name, columns: [] } : { kind: 'outcome', step: 'call', subject: tool.name },
  };
}

function slotOf({ name, required, schema }: ToolProperty, tool: CatalogueTool): SlotSpec | undefined {
  const choices = Array.isArray(schema['enum']) ? (schema['enum'] as unknown[]).filter((v): v is string => typeof v === 'string') : [];
  const ask = `What should ${words(name)} be?`;
  if (choices.length > 0) return { type: 'text', required, ask, options: choices };
  const type = BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  // How long a change lasts is always said by a person.
  if (type === 'seconds') return schema['type'] === 'integer' || schema['type'] === 'number' ? { type, required: required || tool.effect !== 'read', ask: 'For how long?', options: DURATIONS } : undefined;
  if (type !== undefined) return { type, required, ask: type === 'address' ? 'Which IP address?' : ask };
  return required && (schema['type'] === 'string' || schema['type'] === undefined) ? { type: 'text', required, ask } : undefined;
}

/** How ports fit the input: a list of numbers, one number, or text. */
function portsAs({ schema }: ToolProperty): { as?: string } {
  const shapes = [schema, ...(Array.isArray(schema['anyOf']) ? (schema['anyOf'] as Record<string, unknown>[]) : [])].map((s) => s['type']);
  return shapes.includes('array') ? { as: 'numbers' } : shapes.includes('integer') || shapes.includes('number') ? { as: 'number' } : {};
}

function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ').toLowerCase();
}
