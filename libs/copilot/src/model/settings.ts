/** A model by its settings. */
export interface ModelSettings {
  /** Base URL of an OpenAI-compatible API, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Undefined for endpoints that ask for none. */
  readonly apiKey?: string;
  /** Milliseconds without any piece of an answer after which a call is given up. */
  readonly silenceMs: number;
  /** Milliseconds that a call may take altogether. */
  readonly totalMs: number;
  /** Most tokens of one answer. */
  readonly maxTokens: number;
  /** Price of a million tokens in the tenant's currency; 0 where it costs nothing. */
  readonly promptPrice: number;
  readonly completionPrice: number;
}

const DEFAULTS = { silenceMs: 60_000, totalMs: 180_000, maxTokens: 4096, promptPrice: 0, completionPrice: 0 } as const;

/**
 * Settings from environment variables: `COPILOT_MODEL_URL`, `COPILOT_MODEL`, `COPILOT_MODEL_KEY`, `COPILOT_MODEL_SILENCE_MS`, `COPILOT_MODEL_TOTAL_MS`,
 * `COPILOT_MODEL_MAX_TOKENS`, `COPILOT_MODEL_PROMPT_PRICE`, `COPILOT_MODEL_COMPLETION_PRICE`. Undefined without a URL and a model.
 * @throws Error for a value that can't be meant, naming the variable and not its value
 */
export function modelSettings(env: Readonly<Record<string, string | undefined>>): ModelSettings | undefined {
  const url = env['COPILOT_MODEL_URL'];
  const model = env['COPILOT_MODEL'];
  if (!url && !model) return undefined;
  if (!url || !model) throw new Error('COPILOT_MODEL_URL and COPILOT_MODEL belong together');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Error('COPILOT_MODEL_URL must be an http or https URL');
  const number = (name: string, fallback: number, least: number): number => {
    const value = env[name];
    if (value === undefined || value === '') return fallback;
    if (!Number.isFinite(Number(value)) || Number(value) < least) throw new Error(`${name} must be a number of ${least} or more`);
    return Number(value);
  };
  return {
    baseUrl: url, model, ...(env['COPILOT_MODEL_KEY'] ? { apiKey: env['COPILOT_MODEL_KEY'] } : {}),
    silenceMs: number('COPILOT_MODEL_SILENCE_MS', DEFAULTS.silenceMs, 100), totalMs: number('COPILOT_MODEL_TOTAL_MS', DEFAULTS.totalMs, 100), maxTokens: number('COPILOT_MODEL_MAX_TOKENS', DEFAULTS.maxTokens, 16),
    promptPrice: number('COPILOT_MODEL_PROMPT_PRICE', 0, 0), completionPrice: number('COPILOT_MODEL_COMPLETION_PRICE', 0, 0),
  };
}
