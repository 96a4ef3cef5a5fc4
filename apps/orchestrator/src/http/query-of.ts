import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { jsonSchemaOf } from '@opsmesh/contracts';

/** Describes the query parameters of a route in OpenAPI by the DTO class that checks them. */
export function QueryOf(dto: new () => object): MethodDecorator {
  const schema = jsonSchemaOf(dto) as { readonly properties?: Readonly<Record<string, object>>; readonly required?: readonly string[] };
  return applyDecorators(...Object.entries(schema.properties ?? {}).map(([name, property]) => ApiQuery({ name, required: schema.required?.includes(name) ?? false, schema: property })));
}
