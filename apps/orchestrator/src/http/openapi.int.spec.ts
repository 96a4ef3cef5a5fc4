import { useLive } from '../testing/live.js';

interface Schema { readonly [key: string]: unknown }
interface Operation { readonly operationId: string; readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: Schema }> }> }
interface Document { readonly paths: Record<string, Record<string, Operation>>; readonly components: { readonly schemas: Record<string, Schema> } }

let document: Document;
useLive(async ({ api }) => { document = (await api.ask('GET', '/docs-json')).json<Document>(); });

const operations = (): Operation[] => Object.values(document.paths).flatMap((methods) => Object.values(methods));
/** Names of the schemas that a schema refers to. */
const referred = (schema: unknown): string[] => [...JSON.stringify(schema ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]!);

it('every route says what it answers: nothing, or a schema for each media type', () => {
  const untyped = operations().filter(({ responses }) => {
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    return good.length === 0 || good.some(([status, { content }]) => {
      const schemas = Object.values(content ?? {}).map((c) => c.schema ?? {});
      return status !== '204' && (schemas.length === 0 || schemas.some((s) => Object.keys(s).length === 0));
    });
  });
  expect(untyped.map((o) => o.operationId)).toEqual([]);
});

it('what is answered as JSON is a class with properties, to the last one inside it', () => {
  const all = new Set(operations().flatMap(({ responses }) => Object.entries(responses).filter(([status]) => status.startsWith('2')).flatMap(([, { content }]) => referred(content?.['application/json']))));
  for (const name of all) for (const other of referred(document.components.schemas[name])) all.add(other);
  expect(all.size).toBeGreaterThan(40);
  expect([...all].filter((name) => Object.keys((document.components.schemas[name]?.['properties'] ?? {}) as object).length === 0)).toEqual([]);
});

it('a value that may be null is always there', () => {
  expect(document.components.schemas['StepView']).toMatchObject({ required: expect.arrayContaining(['id', 'tool', 'failure']) as unknown, properties: { tool: { anyOf: [{ type: 'string' }, { type: 'null' }] } } });
  expect(JSON.stringify(document)).not.toContain('x-always-given');
});
