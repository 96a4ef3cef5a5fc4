import 'reflect-metadata';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { ALWAYS_GIVEN } from './or-null.js';
import { transformerMetadata } from './transformer-metadata.js';

/** JSON Schemas of every DTO known to class-validator, keyed by class name, with `refPrefix` before references. For OpenAPI components. */
export function allSchemas(refPrefix = '#/components/schemas/'): Record<string, object> {
  const made = validationMetadatasToSchemas({ classTransformerMetadataStorage: transformerMetadata, classValidatorMetadataStorage: getMetadataStorage(), refPointerPrefix: refPrefix });
  return Object.fromEntries(Object.entries(made).map(([name, schema]) => [name, withAlwaysGiven(schema)]));
}

/** What is wrong with a JSON Schema that somebody else wrote, as a text; undefined when values can be checked by it. */
export function schemaFault(schema: Record<string, unknown>): string | undefined {
  try {
    // An instance of its own: Ajv keeps every schema that it has compiled.
    addFormats.default(new Ajv({ strict: false })).compile(schema);
    return undefined;
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

interface Known { readonly classes: number; readonly schemas: Record<string, object> }
let known: Known | undefined;

/** Schemas of all classes with rules, made anew only when there are more classes: it takes longer than all the rest of a worker's start. */
function nestedSchemas(): Record<string, object> {
  const { validationMetadatas } = getMetadataStorage() as unknown as { readonly validationMetadatas: ReadonlyMap<unknown, unknown> };
  if (known?.classes !== validationMetadatas.size) known = { classes: validationMetadatas.size, schemas: allSchemas('#/definitions/') as Record<string, object> };
  return known.schemas;
}

/** Self-contained JSON Schema (draft 7) of a DTO class: unknown properties refused, nested classes under `definitions`. */
export function jsonSchemaOf(type: ClassConstructor<object>): Record<string, unknown> {
  const options = { classTransformerMetadataStorage: transformerMetadata, classValidatorMetadataStorage: getMetadataStorage(), refPointerPrefix: '#/definitions/' };
  const root = closed(withAlwaysGiven(targetConstructorToSchema(type, options)));
  if (referencesIn(root).length === 0) return root;
  const all = nestedSchemas();
  const definitions: Record<string, object> = {};
  const collect = (node: object): void => {
    for (const name of referencesIn(node)) {
      const found = all[name];
      if (found && !(name in definitions)) {
        definitions[name] = closed(found);
        collect(found);
      }
    }
  };
  collect(root);
  return Object.keys(definitions).length > 0 ? { ...root, definitions } : root;
}

interface ClassSchema { readonly properties?: Readonly<Record<string, object>>; readonly required?: readonly string[] }

/** The schema of a class whose properties with `@OrNull()` are required; class-validator-jsonschema takes all conditions for optional. */
function withAlwaysGiven(schema: ClassSchema): object {
  const given = Object.entries(schema.properties ?? {}).filter(([, property]) => ALWAYS_GIVEN in property).map(([name]) => name);
  if (given.length === 0) return schema;
  const properties = Object.fromEntries(Object.entries(schema.properties!).map(([name, property]) => [name, Object.fromEntries(Object.entries(property).filter(([key]) => key !== ALWAYS_GIVEN))]));
  return { ...schema, properties, required: [...new Set([...schema.required ?? [], ...given])] };
}

function closed(schema: object): Record<string, unknown> {
  return { type: 'object', additionalProperties: false, ...schema };
}

function referencesIn(node: object): string[] {
  return [...JSON.stringify(node).matchAll(/"#\/definitions\/([^"]+)"/g)].map((m) => m[1]!);
}
