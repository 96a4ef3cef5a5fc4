import type { PathPart } from './references.js';

/** A JSON Schema (draft 7) as our tools give it. */
export type Schema = Readonly<Record<string, unknown>>;

/** A place in a value whose schema is known or not. `unknown`: nothing can be said. */
export type Place = { readonly kind: 'known'; readonly schema: Schema; readonly root: Schema } | { readonly kind: 'unknown' } | { readonly kind: 'missing'; readonly part: PathPart; readonly known: readonly string[] };

export const UNKNOWN: Place = { kind: 'unknown' };

export function placeOf(root: Schema): Place {
  return { kind: 'known', schema: root, root };
}

/** A list of values of one place. */
export function listOf(place: Place): Place {
  return place.kind === 'known' ? { kind: 'known', schema: { type: 'array', items: place.schema }, root: place.root } : place;
}

/** Follows a path through a schema as `follow` does through a value. */
export function walk(start: Place, path: readonly PathPart[]): Place {
  let place = start;
  for (const [i, part] of path.entries()) {
    if (place.kind !== 'known') return place;
    const schema = resolved(place.schema, place.root);
    if (part.kind === 'name') place = property(schema, part, place.root);
    else if (isType(schema, 'array')) {
      const element: Place = isSchema(schema['items']) ? { kind: 'known', schema: schema['items'], root: place.root } : UNKNOWN;
      if (part.kind === 'all') return path.slice(i + 1).some((p) => p.kind === 'all') ? walk(element, path.slice(i + 1)) : listOf(walk(element, path.slice(i + 1)));
      place = element;
    } else if (typesOf(schema)) return { kind: 'missing', part, known: [] };
    else return UNKNOWN;
  }
  return place;
}

function property(schema: Schema, part: Extract<PathPart, { kind: 'name' }>, root: Schema): Place {
  if (part.name === 'length' && (isType(schema, 'array') || isType(schema, 'string'))) return { kind: 'known', schema: { type: 'integer' }, root };
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const found = Object.hasOwn(properties, part.name) ? properties[part.name] : undefined;
  if (isSchema(found)) return { kind: 'known', schema: found, root };
  const types = typesOf(schema);
  if (types && !types.includes('object')) return { kind: 'missing', part, known: [] };
  return types && schema['additionalProperties'] === false ? { kind: 'missing', part, known: Object.keys(properties) } : UNKNOWN;
}

/** The JSON types a schema allows; undefined when it does not say. */
function typesOf(schema: Schema): readonly string[] | undefined {
  const { type } = schema;
  return typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : undefined;
}

/** The types at a place; undefined when unknown. */
export function typesAt(place: Place): readonly string[] | undefined {
  return place.kind === 'known' ? typesOf(resolved(place.schema, place.root)) : undefined;
}

function isType(schema: Schema, type: string): boolean {
  return typesOf(schema)?.includes(type) ?? false;
}

function resolved(schema: Schema, root: Schema): Schema {
  const { $ref } = schema;
  const name = typeof $ref === 'string' ? /^#\/definitions\/(.+)$/.exec($ref)?.[1] : undefined;
  const definitions = root['definitions'];
  const target = name !== undefined && isSchema(definitions) ? definitions[name] : undefined;
  return isSchema(target) ? target : schema;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
