import { OPERATIONS, type ChatReplyView, type ChatRequestDto, type Operations } from './generated.js';
import { OpsmeshProblem } from './problem.js';
import { serverEvents, type ServerEvent } from './server-events.js';

export interface ClientOptions {
  /** Base URL of an orchestrator, for example `http://127.0.0.1:3005`. */
  readonly baseUrl: string;
  /** API token; left out where authentication is off. */
  readonly token?: string;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

/** What an operation takes, apart from what it gives. */
export type CallOf<Name extends keyof Operations> = Omit<Operations[Name], 'answer' | 'event'> & { readonly signal?: AbortSignal };
type Arguments<Name extends keyof Operations> = object extends CallOf<Name> ? [call?: CallOf<Name>] : [call: CallOf<Name>];

/** Operations that answer with server-sent events. */
export type StreamName = { [Name in keyof Operations]: Operations[Name] extends { readonly event: unknown } ? Name : never }[keyof Operations];
/** An event of such an operation: a union by `type`, each with its data. */
export type EventOf<Name extends StreamName> = Operations[Name]['event'] & Pick<ServerEvent, 'id'>;

interface AnyCall {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** The API of an orchestrator, typed by its OpenAPI document. It does not retry. */
export class OpsmeshClient {
  constructor(private readonly options: ClientOptions) {}

  /**
   * Calls an operation of the API, for example `client.call('runs.get', { path: { id } })`.
   * @throws OpsmeshProblem for every answer that is no success
   */
  async call<Name extends keyof Operations>(name: Name, ...[call]: Arguments<Name>): Promise<Operations[Name]['answer']> {
    const response = await this.send(name, (call ?? {}) as AnyCall, 'application/json');
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as Operations[Name]['answer'];
  }

  /** The same as text, for example a table as CSV. */
  async text<Name extends keyof Operations>(name: Name, call: CallOf<Name>, accept = 'text/csv'): Promise<string> {
    return (await this.send(name, call as AnyCall, accept)).text();
  }

  /** The same as bytes, for example a capture that a run made. */
  async bytes<Name extends keyof Operations>(name: Name, call: CallOf<Name>, accept = 'application/octet-stream'): Promise<Uint8Array> {
    return new Uint8Array(await (await this.send(name, call as AnyCall, accept)).arrayBuffer());
  }

  /** The events of an operation that streams, until the server ends them. */
  async *events<Name extends StreamName>(name: Name, call: CallOf<Name>): AsyncGenerator<EventOf<Name>, void, undefined> {
    const response = await this.send(name, call as AnyCall, 'text/event-stream');
    if (response.body) yield* serverEvents(response.body) as AsyncGenerator<EventOf<Name>, void, undefined>;
  }

  /** Says something to the copilot and gives what became of it. */
  chat(request: ChatRequestDto, signal?: AbortSignal): Promise<ChatReplyView> {
    return this.call('chat.chat', { body: request, ...(signal ? { signal } : {}) });
  }

  /** The same with the way there: the last event is `confirmation` or `result`, and its data is the reply. */
  chatEvents(request: ChatRequestDto, signal?: AbortSignal): AsyncGenerator<EventOf<'chat.chat'>, void, undefined> {
    return this.events('chat.chat', { body: request, ...(signal ? { signal } : {}) });
  }

  private async send(name: keyof Operations, { path = {}, query = {}, headers = {}, body, signal }: AnyCall, accept: string): Promise<Response> {
    const { baseUrl, token, fetch: ask = fetch } = this.options;
    const operation = OPERATIONS[name];
    const place = operation.path.replace(/\{(\w+)\}/g, (_: string, key: string) => encodeURIComponent(String(path[key])));
    const search = new URLSearchParams(Object.entries(query).filter(([, v]) => v !== undefined).map(([k, v]): [string, string] => [k, String(v)])).toString();
    const response = await ask(`${baseUrl.replace(/\/+$/, '')}${place}${search === '' ? '' : `?${search}`}`, {
      method: operation.method, redirect: 'error',
      headers: { accept, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal ? { signal } : {}),
    });
    if (!response.ok) throw OpsmeshProblem.of(response.status, await response.text());
    return response;
  }
}
