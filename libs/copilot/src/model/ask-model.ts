import { added, NO_USAGE, type TokenBudget, type Usage } from './accounting.js';
import type { RungMemory } from './learned-rungs.js';
import { ModelFailure, RUNGS, type ModelAnswer, type ModelClient, type ModelMessage, type Rung } from './model-client.js';
import { readJsonObject } from './read-json.js';
import type { ModelSettings } from './settings.js';

export interface Asking {
  readonly client: ModelClient;
  readonly settings: Pick<ModelSettings, 'maxTokens' | 'promptPrice' | 'completionPrice'>;
  readonly memory: RungMemory;
  readonly budget: TokenBudget;
  /** Waits; rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Question {
  readonly tenantId: string;
  readonly messages: readonly ModelMessage[];
  readonly schema: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** An answer or a failure as values, with what it used either way. */
export type Asked =
  | { readonly ok: true; readonly value: Record<string, unknown>; readonly usage: Usage; readonly rung: Rung }
  | { readonly ok: false; readonly failure: ModelFailure; readonly usage: Usage };

const RETRIES = 2;
const FIRST_WAIT_MS = 250;

/** Asks for a JSON object, going down the ladder of shapes until the endpoint knows one, and again after failures that pass. */
export async function askModel(question: Question, asking: Asking): Promise<Asked> {
  let usage = NO_USAGE;
  const began = asking.memory.first(asking.client.endpoint);
  let rung = began;
  let refused = false;
  for (let retries = 0; ;) {
    try {
      const answer = await paidCall(question, rung, asking);
      usage = added(usage, answer.tokens, asking.settings);
      const value = readJsonObject(answer.text);
      if (value) {
        asking.memory.learn(asking.client.endpoint, { began, worked: rung, refused });
        return { ok: true, value, usage, rung };
      }
      throw new ModelFailure('unreadable', 'the model answered no JSON object');
    } catch (error) {
      const failure = error instanceof ModelFailure ? error : new ModelFailure('unavailable', 'the model could not be asked');
      if (failure.code !== 'unreadable' && failure.code !== 'over-budget') usage = added(usage, failure.tokens, asking.settings);
      const lower = RUNGS[RUNGS.indexOf(rung) + 1];
      if ((failure.code === 'shape-refused' || failure.code === 'unreadable') && lower !== undefined) {
        rung = lower;
        refused ||= failure.code === 'shape-refused';
      } else if (failure.retryable && retries < RETRIES) {
        retries++;
        try {
          await asking.sleep(FIRST_WAIT_MS * 2 ** (retries - 1), question.signal);
        } catch {
          return { ok: false, failure: new ModelFailure('cancelled', 'the call was cancelled'), usage };
        }
      } else return { ok: false, failure, usage };
    }
  }
}

async function paidCall({ tenantId, messages, schema, signal }: Question, rung: Rung, { client, settings, budget }: Asking): Promise<ModelAnswer> {
  const reserved = Math.ceil(messages.reduce((sum, m) => sum + m.content.length, 0) / 4) + settings.maxTokens;
  if (!await budget.reserve(tenantId, reserved)) throw new ModelFailure('over-budget', 'the tenant\'s token budget is used up');
  let used = 0;
  try {
    const answer = await client.ask({ messages: rung === 'json-schema' || rung === 'tool' ? messages : withSchema(messages, schema), rung, schema, maxTokens: settings.maxTokens }, signal);
    used = answer.tokens.prompt + answer.tokens.completion;
    return answer;
  } catch (error) {
    if (error instanceof ModelFailure) used = error.tokens.prompt + error.tokens.completion;
    throw error;
  } finally {
    await budget.settle(tenantId, { reserved, used });
  }
}

/** Below the rungs that carry the schema it is told in words. */
function withSchema(messages: readonly ModelMessage[], schema: object): ModelMessage[] {
  return [...messages, { role: 'system', content: `Answer with one JSON object and nothing else. It must fit this JSON Schema: ${JSON.stringify(schema)}` }];
}
