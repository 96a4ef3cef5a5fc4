/** The shape in which a model is asked to answer, from the strictest to none. */
export const RUNGS = ['json-schema', 'tool', 'json-object', 'text'] as const;
export type Rung = (typeof RUNGS)[number];

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  readonly rung: Rung;
  /** JSON Schema of the answer; sent on the rungs that take one. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Most tokens of the answer. */
  readonly maxTokens: number;
}

export interface Tokens {
  readonly prompt: number;
  readonly completion: number;
  /** True when the endpoint told no figures and they were estimated from the texts. */
  readonly estimated: boolean;
}

export interface ModelAnswer {
  readonly text: string;
  readonly tokens: Tokens;
}

/**
 * `shape-refused`: the endpoint does not know the asked shape; `silent`: nothing came for too long; `timed-out`: it took too long altogether;
 * `too-long`: more was answered than is read; `unreadable`: what came is no JSON object.
 */
export const MODEL_FAILURES = ['shape-refused', 'silent', 'timed-out', 'unavailable', 'rate-limited', 'unauthorised', 'refused', 'too-long', 'unreadable', 'cancelled', 'over-budget'] as const;
export type ModelFailureCode = (typeof MODEL_FAILURES)[number];

/** A failure of a model or its endpoint. The message holds nothing of what the endpoint said: it could repeat the key or the prompt. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  /** What it used all the same. */
  readonly tokens: Tokens;

  constructor(readonly code: ModelFailureCode, message: string, tokens: Tokens = { prompt: 0, completion: 0, estimated: true }) {
    super(message);
    this.tokens = tokens;
  }

  get retryable(): boolean {
    return this.code === 'unavailable' || this.code === 'rate-limited';
  }
}

/** Port to a model. It leaves out conversations, tools that run, images: one question, one text. */
export interface ModelClient {
  /** Names endpoint and model, for what is remembered of them; holds no key. */
  readonly endpoint: string;
  /** @throws ModelFailure */
  ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}
