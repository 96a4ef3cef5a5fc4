import { isSecretName } from '@opsmesh/contracts';

/** What is shown in place of a value that may be a secret. */
export const MASKED = '[masked]';

/**
 * Inputs as people may see them. Plans and jobs hold no secrets; this is for what came by a reference or under another name: fields that are named like one, and
 * those that the tool's schema declares as one (`writeOnly`, or the format `password`). At any depth.
 * @param schema JSON Schema of the inputs, as far as it is known
 */
export function maskInputs(inputs: Record<string, unknown>, schema: Record<string, unknown> = {}): Record<string, unknown> {
  return maskObject(inputs, { schema, definitions: asObject(schema['definitions']) });
}

interface Declared { readonly schema: Record<string, unknown>; readonly definitions: Record<string, unknown> }

function maskObject(values: Record<string, unknown>, declared: Declared): Record<string, unknown> {
  const properties = asObject(declared.schema['properties']);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask(name, value, { ...declared, schema: resolve(properties[name], declared) })]));
}

function mask(name: string, value: unknown, declared: Declared): unknown {
  if (value === null || value === undefined) return value;
  if (isSecretName(name) || declared.schema['writeOnly'] === true || declared.schema['format'] === 'password') return MASKED;
  return maskInside(value, declared);
}

function maskInside(value: unknown, declared: Declared): unknown {
  if (Array.isArray(value)) {
    const element = { ...declared, schema: resolve(declared.schema['items'], declared) };
    return value.map((v) => maskInside(v, element));
  }
  return typeof value === 'object' && value !== null ? maskObject(value as Record<string, unknown>, declared) : value;
}

/** A schema, or the definition that it refers to. */
function resolve(schema: unknown, { definitions }: Declared): Record<string, unknown> {
  const found = asObject(schema);
  const reference = found['$ref'];
  return typeof reference === 'string' ? { ...asObject(definitions[reference.slice('#/definitions/'.length)]), ...found } : found;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}
