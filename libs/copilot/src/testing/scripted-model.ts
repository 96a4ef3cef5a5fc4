import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the scripted endpoint does with one call. */
export type ScriptedTurn =
  /** Streams a text (an object as JSON), in pieces of `piece` characters. `usage` is told at the end unless it is null. */
  | { readonly say: unknown; readonly piece?: number; readonly usage?: { readonly prompt: number; readonly completion: number } | null; readonly delayMs?: number }
  /** Answers with an error; the body repeats what the caller sent, as careless endpoints do. */
  | { readonly status: number }
  /** Takes the call, optionally begins an answer, and then says nothing until the caller hangs up. */
  | { readonly silent: true; readonly after?: string }
  /** Streams this text over and over until the caller hangs up. */
  | { readonly endless: string }
  /** Begins an answer and drops the connection. */
  | { readonly dropAfter: string }
  /** Answers 200 with a body that is no stream of events. */
  | { readonly garbage: string };

/** A call as the endpoint got it. */
export interface ScriptedCall {
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: { readonly type: string; readonly json_schema?: { readonly schema: Record<string, unknown> } };
    readonly tools?: readonly unknown[];
  };
}

/** An OpenAI-compatible endpoint that follows a script, on a free port of this machine. It is no model: it shows how the product takes what models and endpoints do. */
export class ScriptedModel {
  readonly calls: ScriptedCall[] = [];
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private constructor(private readonly script: (call: ScriptedCall, index: number) => ScriptedTurn) {}

  static async start(script: (call: ScriptedCall, index: number) => ScriptedTurn): Promise<ScriptedModel> {
    const model = new ScriptedModel(script);
    await new Promise<void>((resolve) => model.server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const piece of request) text += String(piece);
    const call: ScriptedCall = { authorization: request.headers.authorization, body: JSON.parse(text) as ScriptedCall['body'] };
    const turn = this.script(call, this.calls.push(call) - 1);
    if ('status' in turn) {
      response.writeHead(turn.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `refused: ${request.headers.authorization} ${text}` } }));
      return;
    }
    if ('garbage' in turn) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(turn.garbage);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if ('silent' in turn) {
      if (turn.after !== undefined) send(response, call, turn.after);
      return;
    }
    if ('endless' in turn) {
      const more = (): void => {
        while (!response.destroyed && send(response, call, turn.endless)) { /* until the caller is slower than we are */ }
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return;
    }
    if ('dropAfter' in turn) {
      send(response, call, turn.dropAfter);
      setImmediate(() => response.destroy());
      return;
    }
    const say = typeof turn.say === 'string' ? turn.say : JSON.stringify(turn.say);
    const finish = (): void => {
      const piece = turn.piece ?? Math.max(say.length, 1);
      for (let i = 0; i < say.length; i += piece) send(response, call, say.slice(i, i + piece));
      if (turn.usage !== null) response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: turn.usage?.prompt ?? 100, completion_tokens: turn.usage?.completion ?? 20, total_tokens: 120 } })}\n\n`);
      response.end('data: [DONE]\n\n');
    };
    if (turn.delayMs === undefined) finish();
    else setTimeout(finish, turn.delayMs);
  }
}

/** One piece of an answer, as text or as the arguments of the tool that was asked for. */
function send(response: ServerResponse, call: ScriptedCall, text: string): boolean {
  const delta = call.body.tools === undefined ? { content: text } : { tool_calls: [{ index: 0, id: 'call', type: 'function', function: { name: 'answer', arguments: text } }] };
  return response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model: call.body.model, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`);
}
