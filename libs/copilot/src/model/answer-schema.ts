import { propertiesOf, type CatalogueTool } from '../catalogue/catalogue.js';

/** Largest schema of one tool's inputs in a prompt, in characters; larger ones are told as an open object. */
const MOST = 4000;
const REFERENCE = { type: 'string', pattern: '^<<[^<>]+>>$', description: 'A reference to a value of an earlier step' };

/** JSON Schema of what a model may answer: a plan whose steps are a union over the tools that were offered, or a question. */
export function answerSchema(tools: readonly CatalogueTool[]): Record<string, unknown> {
  return {
    type: 'object', additionalProperties: false, required: ['kind'],
    properties: {
      kind: { type: 'string', enum: ['plan', 'question'] },
      question: { type: 'string', maxLength: 500 },
      options: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 100 } },
      plan: {
        type: 'object', additionalProperties: false, required: ['name', 'steps'],
        properties: { name: { type: 'string', maxLength: 256 }, steps: { type: 'array', minItems: 1, maxItems: 50, items: { anyOf: tools.map(stepSchema) } } },
      },
    },
  };
}

function stepSchema(tool: CatalogueTool): Record<string, unknown> {
  return {
    type: 'object', additionalProperties: false, required: ['id', 'tool', 'inputs'],
    properties: {
      id: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' }, tool: { type: 'string', enum: [tool.name] }, inputs: inputsSchema(tool),
      forEach: REFERENCE, dependsOn: { type: 'array', items: { type: 'string' } },
    },
  };
}

function inputsSchema(tool: CatalogueTool): Record<string, unknown> {
  const properties = Object.fromEntries(propertiesOf(tool).map((p) => [p.name, { anyOf: [withoutReferences(p.schema), REFERENCE] }]));
  const schema = { type: 'object', additionalProperties: false, required: propertiesOf(tool).filter((p) => p.required).map((p) => p.name), properties };
  return JSON.stringify(schema).length <= MOST ? schema : { type: 'object' };
}

/** Definitions are not at hand inside a larger schema; what refers to one is left open. */
function withoutReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return {};
  return Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, withoutReferences(v)]));
}
