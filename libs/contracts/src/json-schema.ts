import 'reflect-metadata';
import { createRequire } from 'node:module';
import type { ClassConstructor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';

// class-transformer exports its metadata store only by this path; its typings leave it out.
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as { defaultMetadataStorage: never };

/** JSON Schemas of every DTO known to class-validator, keyed by class name, with `refPrefix` before references. For OpenAPI components. */
export function allSchemas(refPrefix = '#/components/schemas/'): Record<string, object> {
  return validationMetadatasToSchemas({ classTransformerMetadataStorage: defaultMetadataStorage, classValidatorMetadataStorage: getMetadataStorage(), refPointerPrefix: refPrefix });
}

/** Self-contained JSON Schema (draft 7) of a DTO class: unknown properties refused, nested classes under `definitions`. */
export function jsonSchemaOf(type: ClassConstructor<object>): Record<string, unknown> {
  const options = { classTransformerMetadataStorage: defaultMetadataStorage, classValidatorMetadataStorage: getMetadataStorage(), refPointerPrefix: '#/definitions/' };
  const root = closed(targetConstructorToSchema(type, options));
  const all = validationMetadatasToSchemas(options) as Record<string, object>;
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

function closed(schema: object): Record<string, unknown> {
  return { type: 'object', additionalProperties: false, ...schema };
}

function referencesIn(node: object): string[] {
  return [...JSON.stringify(node).matchAll(/"#\/definitions\/([^"]+)"/g)].map((m) => m[1]!);
}
