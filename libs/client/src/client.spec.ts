import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateClient } from '../generator/generate-client.mjs';
import { OpsmeshClient, OpsmeshProblem, type EventOf } from './index.js';

const read = (path: string): string => readFileSync(new URL(path, `file://${import.meta.dirname}/`), 'utf8');

it('the client is what its OpenAPI document gives: npm run client:generate makes it anew', () => {
  expect(read('generated.ts')).toBe(generateClient(JSON.parse(read('../openapi.json'))));
});

describe('generateClient', () => {
  const document = {
    components: { schemas: { Thing: { type: 'object', required: ['id'], properties: { id: { type: 'string', description: 'its id' }, more: { anyOf: [{ $ref: '#/components/schemas/Thing' }, { type: 'null' }] }, 'odd-name': { type: 'array', items: { enum: ['a', 'b'] } } } } } },
    paths: {
      '/things/{id}': { get: { operationId: 'ThingsController_get', parameters: [{ in: 'path', name: 'id', required: true }, { in: 'query', name: 'limit', schema: { type: 'integer' } }], responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } } } } },
      '/things/{id}/news': { get: { operationId: 'ThingsController_news', parameters: [{ in: 'path', name: 'id', required: true }], responses: { 200: { content: { 'text/event-stream': { schema: { oneOf: [{ type: 'object', required: ['type', 'data'], properties: { type: { enum: ['grew'] }, data: { $ref: '#/components/schemas/Thing' } } }] } } } } } } },
      '/internal/x': { post: { operationId: 'InternalController_x', responses: {} } },
    },
  };

  it('gives a type for each schema and each operation, and leaves out what is internal', () => {
    const made = generateClient(document);
    expect(made).toContain('export type Thing = {\n  /** its id */\n  readonly id: string;\n  readonly more?: Thing | null;\n  readonly \'odd-name\'?: readonly (\'a\' | \'b\')[];\n};');
    expect(made).toContain('\'things.get\': { readonly path: { readonly id: string | number }; readonly query?: { readonly limit?: number }; readonly answer: Thing };');
    expect(made).toContain('readonly answer: never; readonly event: {\n  readonly type: \'grew\';\n  readonly data: Thing;\n} };');
    expect(made).not.toContain('internal');
  });
});

describe('OpsmeshClient', () => {
  let server: Server; let client: OpsmeshClient;
  let asked: { method: string | undefined; url: string | undefined; token: string | undefined; accept: string | undefined; body: string }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (d) => { body += String(d); });
      request.on('end', () => {
        asked.push({ method: request.method, url: request.url, token: request.headers.authorization, accept: request.headers.accept, body });
        answer(request, response);
      });
    });
    await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok));
    client = new OpsmeshClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: 'abc' });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((ok) => server.close(ok));
  });

  it('puts arguments where they belong', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
    expect(await client.call('chat.list', { query: { limit: 5 } })).toEqual({ items: [], next: null });
    await client.call('runs.get', { path: { id: 'a/b' } });
    await client.chat({ message: 'hello' });
    expect(asked).toEqual([
      { method: 'GET', url: '/conversations?limit=5', token: 'Bearer abc', accept: 'application/json', body: '' },
      { method: 'GET', url: '/runs/a%2Fb', token: 'Bearer abc', accept: 'application/json', body: '' },
      { method: 'POST', url: '/chat', token: 'Bearer abc', accept: 'application/json', body: '{"message":"hello"}' },
    ]);
  });

  it('answers are typed: what is no run yet is told by its status', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 'r', status: 'awaiting-approval', approvals: [{ manifest_sha256: 'abc', typed_text: '3 hosts' }], steps: [{ counts: { failed: 2 } }] }));
    const run = await client.call('runs.get', { path: { id: 'r' } });
    const told: string | number | null | undefined = run.status === 'awaiting-approval' ? run.approvals[0]?.typed_text : 'steps' in run && !('attempts' in run) ? run.steps[0]?.counts.failed : null;
    expect(told).toBe('3 hosts');
  });

  it('gives bytes as they are', async () => {
    answer = (_, response) => response.setHeader('content-type', 'application/vnd.tcpdump.pcap').end(Buffer.from([0xd4, 0xc3, 0xb2, 0xa1]));
    expect([...await client.bytes('runBlobs.download', { path: { id: 'r', sha256: 'x' } })]).toEqual([0xd4, 0xc3, 0xb2, 0xa1]);
  });

  it.each([
    ['{"code":"plan-invalid","detail":"no","errors":[{"pointer":"/a"}]}', { status: 422, code: 'plan-invalid', detail: 'no', errors: [{ pointer: '/a' }] }],
    ['{"code":"run-outcome-unknown","detail":"look","run_id":"r-1"}', { status: 422, code: 'run-outcome-unknown', detail: 'look', errors: [], runId: 'r-1' }],
    ['<html>', { status: 422, code: 'unknown', detail: '<html>', errors: [] }],
  ])('what is no success is thrown: %s', async (body, expected) => {
    answer = (_, response) => response.writeHead(422).end(body);
    const failed = await client.chat({ message: 'x' }).catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(OpsmeshProblem);
    expect(failed).toMatchObject(expected);
  });

  it('reads events however they are cut into pieces', async () => {
    const text = Buffer.from(': alive\n\nevent: started\ndata: {"turn":1}\n\nid: 1\nevent: understood\ndata: {"as":["é"]}\n\nevent: result\ndata: {"kind":"answer"}\n\n');
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const next = (at: number): void => {
        if (at >= text.length) response.end();
        else response.write(text.subarray(at, at + 7), () => next(at + 7));
      };
      next(0);
    };
    const events: EventOf<'chat.chat'>[] = [];
    for await (const event of client.chatEvents({ message: 'x' })) events.push(event);
    expect(events).toEqual([{ id: undefined, type: 'started', data: { turn: 1 } }, { id: '1', type: 'understood', data: { as: ['é'] } }, { id: undefined, type: 'result', data: { kind: 'answer' } }]);
    expect(asked[0]!.accept).toBe('text/event-stream');
  });
});
