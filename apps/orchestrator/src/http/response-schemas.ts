import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';

type DtoClass = abstract new () => object;
interface Schema { readonly [key: string]: unknown }

/** What a route answers in each media type: text, bytes, a class, one of several classes, a list or a page of such, or server-sent events. */
export type Answer = 'text' | 'bytes' | DtoClass | readonly DtoClass[] | { readonly listOf: readonly DtoClass[] } | { readonly pageOf: readonly DtoClass[] } | { readonly events: EventsOf };
/** The data of events by their names, which may be several, divided by `|`. */
export type EventsOf = Readonly<Record<string, DtoClass | 'object'>>;

/** Describes in OpenAPI what a route answers, where that is more than one class as JSON. */
export function Answers(status: number, contents: Readonly<Record<string, Answer>>, description = ''): MethodDecorator {
  const content = Object.fromEntries(Object.entries(contents).map(([mediaType, answer]) => [mediaType, { schema: schemaOf(answer) }]));
  const classes = Object.values(contents).flatMap(classesOf);
  return applyDecorators(ApiExtraModels(...classes as never[]), ApiResponse({ status, description, content: content as never }));
}

function schemaOf(answer: Answer): Schema {
  if (answer === 'text') return { type: 'string' };
  if (answer === 'bytes') return { type: 'string', format: 'binary' };
  if (typeof answer === 'function') return { $ref: getSchemaPath(answer as never) };
  if ('listOf' in answer) return { type: 'array', items: schemaOf(answer.listOf) };
  if ('pageOf' in answer) return pageSchema(schemaOf(answer.pageOf));
  if ('events' in answer) return { oneOf: Object.entries(answer.events).map(([names, data]) => eventSchema(names.split('|'), data)) };
  return answer.length === 1 ? schemaOf(answer[0]!) : { oneOf: answer.map(schemaOf) };
}

function pageSchema(items: Schema): Schema {
  return { type: 'object', required: ['items', 'next'], properties: { items: { type: 'array', items }, next: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'Give it as `cursor` to get what follows; null at the end.' } } };
}

function eventSchema(names: readonly string[], data: DtoClass | 'object'): Schema {
  return { type: 'object', required: ['type', 'data'], properties: { type: { type: 'string', enum: names }, data: data === 'object' ? { type: 'object' } : schemaOf(data) } };
}

function classesOf(answer: Answer): DtoClass[] {
  if (typeof answer === 'string') return [];
  if (typeof answer === 'function') return [answer];
  if ('listOf' in answer) return [...answer.listOf];
  if ('pageOf' in answer) return [...answer.pageOf];
  return 'events' in answer ? Object.values(answer.events).filter((data) => data !== 'object') : [...answer];
}
