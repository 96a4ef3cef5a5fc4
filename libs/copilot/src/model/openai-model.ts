import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { ModelFailure, type ModelAnswer, type ModelClient, type ModelRequest, type Tokens } from './model-client.js';
import type { ModelSettings } from './settings.js';

/** Most characters of an answer that are read. */
const MOST_CHARACTERS = 200_000;
const ANSWER = 'answer';

/** A model behind an OpenAI-compatible API (chat completions, streamed so that silence is seen). It does not retry: the caller decides. */
export class OpenAiModel implements ModelClient {
  readonly endpoint: string;
  private readonly client: OpenAI;

  constructor(private readonly settings: ModelSettings) {
    this.endpoint = `${settings.baseUrl} ${settings.model}`;
    // Nothing is taken from the process environment, and nothing is logged.
    this.client = new OpenAI({ baseURL: settings.baseUrl, apiKey: settings.apiKey ?? 'none', organization: null, project: null, maxRetries: 0, timeout: settings.totalMs, logLevel: 'off' });
  }

  async ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> {
    const watch = new Watch(this.settings, signal);
    let text = '';
    let told: Tokens | undefined;
    try {
      const stream = await this.client.chat.completions.create(this.body(request), { signal: watch.signal });
      for await (const chunk of stream) {
        watch.heard();
        text += pieceOf(chunk);
        if (chunk.usage) told = { prompt: chunk.usage.prompt_tokens, completion: chunk.usage.completion_tokens, estimated: false };
        if (text.length > MOST_CHARACTERS) throw new ModelFailure('too-long', `the model answered more than ${MOST_CHARACTERS} characters`, told ?? estimate(request, text));
      }
    } catch (error) {
      throw failureOf(error, { watch, request, tokens: told ?? estimate(request, text) });
    } finally {
      watch.end();
    }
    // The client ends a stream that was aborted without an error.
    if (watch.reason !== undefined) throw failureOf(undefined, { watch, request, tokens: told ?? estimate(request, text) });
    return { text, tokens: told ?? estimate(request, text) };
  }

  private body({ messages, rung, schema, maxTokens }: ModelRequest): ChatCompletionCreateParamsStreaming {
    const base = { model: this.settings.model, messages: messages.map((m) => ({ ...m })), max_tokens: maxTokens, temperature: 0, stream: true as const, stream_options: { include_usage: true } };
    switch (rung) {
      case 'json-schema': return { ...base, response_format: { type: 'json_schema', json_schema: { name: ANSWER, schema, strict: false } } };
      case 'tool': return { ...base, tools: [{ type: 'function', function: { name: ANSWER, description: 'Gives the answer.', parameters: schema } }], tool_choice: { type: 'function', function: { name: ANSWER } } };
      case 'json-object': return { ...base, response_format: { type: 'json_object' } };
      case 'text': return base;
    }
  }
}

function pieceOf(chunk: ChatCompletionChunk): string {
  const delta = chunk.choices?.[0]?.delta;
  return (typeof delta?.content === 'string' ? delta.content : '') + (delta?.tool_calls ?? []).map((c) => c.function?.arguments ?? '').join('');
}

/** Four characters a token: what English has on average. */
function estimate({ messages }: ModelRequest, text: string): Tokens {
  return { prompt: Math.ceil(messages.reduce((sum, m) => sum + m.content.length, 0) / 4), completion: Math.ceil(text.length / 4), estimated: true };
}

/** Ends a call when nothing comes, when it takes too long, or when its caller no longer wants it. */
class Watch {
  readonly signal: AbortSignal;
  reason: 'silent' | 'timed-out' | 'cancelled' | undefined;
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private silence: NodeJS.Timeout;
  private readonly stop = (): void => this.give('cancelled');

  constructor(private readonly settings: Pick<ModelSettings, 'silenceMs' | 'totalMs'>, private readonly outer: AbortSignal) {
    this.signal = this.controller.signal;
    this.total = setTimeout(() => this.give('timed-out'), settings.totalMs);
    this.silence = setTimeout(() => this.give('silent'), settings.silenceMs);
    if (outer.aborted) this.stop();
    else outer.addEventListener('abort', this.stop, { once: true });
  }

  heard(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.give('silent'), this.settings.silenceMs);
  }

  end(): void {
    clearTimeout(this.total);
    clearTimeout(this.silence);
    this.outer.removeEventListener('abort', this.stop);
  }

  private give(reason: NonNullable<Watch['reason']>): void {
    this.reason ??= reason;
    this.controller.abort();
  }
}

function failureOf(error: unknown, { watch, request, tokens }: { watch: Watch; request: ModelRequest; tokens: Tokens }): ModelFailure {
  if (error instanceof ModelFailure) return error;
  switch (watch.reason) {
    case 'silent': return new ModelFailure('silent', 'the model said nothing for too long', tokens);
    case 'timed-out': return new ModelFailure('timed-out', 'the model took too long', tokens);
    case 'cancelled': return new ModelFailure('cancelled', 'the call was cancelled', tokens);
    case undefined:
  }
  const status = error instanceof OpenAI.APIError ? error.status : undefined;
  if (status === 401 || status === 403) return new ModelFailure('unauthorised', `the model's endpoint refused the key (${status})`, tokens);
  if (status === 429) return new ModelFailure('rate-limited', 'the model\'s endpoint asks for fewer calls', tokens);
  if (status !== undefined && status < 500) return new ModelFailure(request.rung === 'text' ? 'refused' : 'shape-refused', `the model's endpoint refused the call (${status})`, tokens);
  if (status === 501) return new ModelFailure('shape-refused', 'the model\'s endpoint does not know the call (501)', tokens);
  return new ModelFailure('unavailable', status === undefined ? 'no usable answer from the model\'s endpoint' : `the model's endpoint failed (${status})`, tokens);
}
