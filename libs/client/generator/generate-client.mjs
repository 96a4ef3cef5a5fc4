// The TypeScript of a client from an OpenAPI document: a type for each schema, and what each operation takes and gives.

const HEADER = '// Made by npm run client:generate from openapi.json. Do not change it by hand.\n';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const GOOD = ['200', '201', '202', '204'];

/** @param {any} document OpenAPI 3 @returns {string} */
export function generateClient(document) {
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const operations = operationsOf(document);
  return [
    HEADER,
    ...schemas.map(([name, schema]) => `${comment(schema.description, '')}export type ${identifier(name)} = ${typeOf(schema, '')};\n`),
    '/** What each operation takes and gives. */',
    `export interface Operations {\n${operations.map((o) => `${comment(o.description, '  ')}  '${o.name}': { ${members(o).join('; ')} };`).join('\n')}\n}\n`,
    '/** Where each operation is. */',
    `export const OPERATIONS = {\n${operations.map((o) => `  '${o.name}': { method: '${o.method.toUpperCase()}', path: '${o.path}' },`).join('\n')}\n} as const satisfies Record<keyof Operations, { readonly method: string; readonly path: string }>;\n`,
  ].join('\n');
}

function operationsOf(document) {
  return Object.entries(document.paths).filter(([path]) => !path.startsWith('/internal')).flatMap(([path, methods]) => METHODS.filter((m) => methods[m]).map((method) => {
    const operation = methods[method];
    const parameters = operation.parameters ?? [];
    const answer = GOOD.map((status) => operation.responses?.[status]).find((r) => r);
    return {
      name: nameOf(operation.operationId, method, path), method, path, description: operation.summary || operation.description,
      parameters: Object.fromEntries(['path', 'query', 'header'].map((place) => [place, parameters.filter((p) => p.in === place)])),
      body: operation.requestBody?.content?.['application/json']?.schema,
      answer: operation.responses?.['204'] && !answer?.content ? { type: 'null' } : answer?.content?.['application/json']?.schema,
      isJson: !answer?.content || 'application/json' in answer.content,
      event: answer?.content?.['text/event-stream']?.schema,
    };
  })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `RunsController_start` is `runs.start`. */
function nameOf(id, method, path) {
  const [, group, name] = /^(\w+?)(?:Controller)?_(\w+)$/.exec(id ?? '') ?? [];
  return group ? `${group[0].toLowerCase()}${group.slice(1)}.${name}` : `${method} ${path}`;
}

function members({ parameters, body, answer, isJson, event }) {
  const place = (name, list) => {
    if (list.length === 0) return [];
    const optional = list.every((p) => !p.required) ? '?' : '';
    return [`readonly ${name}${optional}: { ${list.map((p) => `readonly ${key(p.name)}${p.required ? '' : '?'}: ${name === 'path' ? 'string | number' : typeOf(p.schema ?? { type: 'string' }, '')}`).join('; ')} }`];
  };
  return [
    ...place('path', parameters.path), ...place('query', parameters.query), ...place('headers', parameters.header),
    ...(body ? [`readonly body: ${typeOf(body, '')}`] : []),
    `readonly answer: ${answer ? (answer.type === 'null' ? 'undefined' : typeOf(answer, '')) : isJson ? 'unknown' : 'never'}`,
    ...(event ? [`readonly event: ${typeOf(event, '')}`] : []),
  ];
}

/** The TypeScript type of a JSON Schema. */
function typeOf(schema, indent) {
  if (!schema || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref) return identifier(schema.$ref.split('/').at(-1));
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v).replaceAll('"', "'")).join(' | ') || 'never';
  if ('const' in schema) return JSON.stringify(schema.const).replaceAll('"', "'");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return distinct(several.map((s) => typeOf(s, indent))).join(' | ');
  if (schema.allOf) return distinct(schema.allOf.map((s) => typeOf(s, indent))).join(' & ');
  if (Array.isArray(schema.type)) return distinct(schema.type.map((type) => typeOf({ ...schema, type }, indent))).join(' | ');
  const base = plainType(schema, indent);
  return schema.nullable ? `${base} | null` : base;
}

function plainType(schema, indent) {
  switch (schema.type) {
    case 'string': return 'string';
    case 'number': case 'integer': return 'number';
    case 'boolean': return 'boolean';
    case 'null': return 'null';
    case 'array': return `readonly (${typeOf(schema.items, indent)})[]`;
    default: return objectType(schema, indent);
  }
}

function objectType({ properties, required = [], additionalProperties, type }, indent) {
  if (!properties || Object.keys(properties).length === 0) return type === 'object' || additionalProperties ? `{ readonly [key: string]: ${typeof additionalProperties === 'object' ? typeOf(additionalProperties, indent) : 'unknown'} }` : 'unknown';
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, schema]) => `${comment(schema.description, inner)}${inner}readonly ${key(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)};`);
  return `{\n${lines.join('\n')}\n${indent}}${additionalProperties === true ? ' & { readonly [key: string]: unknown }' : ''}`;
}

function distinct(types) {
  return [...new Set(types)];
}

function comment(text, indent) {
  return text ? `${indent}/** ${String(text).replaceAll('*/', '* /').replace(/\s+/g, ' ').trim()} */\n` : '';
}

function identifier(name) {
  return name.replace(/[^A-Za-z0-9_$]/g, '_');
}

function key(name) {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
}
