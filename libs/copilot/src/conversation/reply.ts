import type { AnswerDescription } from '../answer/answer.js';
import type { Intent } from '../intent/intent.js';
import type { PlanDocument } from '../plan/plan-document.js';
import type { Generation } from '../templates/history.js';
import type { ConversationState, Option } from './state.js';

interface Told {
  /** Text for the person; holds no figure of any result. */
  readonly message: string;
  readonly state: ConversationState;
  readonly intents: readonly Intent[];
  readonly generation: Generation;
}

/** What becomes of one message. */
export type Reply =
  | (Told & {
    readonly kind: 'plan';
    readonly plan: PlanDocument;
    readonly answers: readonly AnswerDescription[];
    /** Whether a change was asked for. Risk is computed by the server from the compiled plan, not from this: a report may use a tool that is declared to write, with a fixed command that only reads. */
    readonly changes: boolean;
    /** What a person should know before it runs, such as hosts that are left out. */
    readonly notes: readonly string[];
  })
  | (Told & { readonly kind: 'question'; readonly options: readonly Option[] })
  | (Told & { readonly kind: 'answer'; readonly suggestions: readonly string[] });
