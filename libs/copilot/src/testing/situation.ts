import { Catalogue } from '../catalogue/catalogue.js';
import type { Reply } from '../conversation/reply.js';
import { respond } from '../conversation/respond.js';
import type { Situation } from '../conversation/situation.js';
import { NEW_CONVERSATION, type ConversationState } from '../conversation/state.js';
import { EVALUATION_FLEET } from '../evaluation/fleet.js';
import { EVALUATION_TOOLS } from '../evaluation/tools.js';
import type { AssetFacts } from '../facts/facts.js';
import { InMemoryFacts } from '../facts/in-memory-facts.js';
import { wordsToLookUp } from '../intent/understand.js';
import { BUILTIN_TEMPLATES } from '../templates/builtin/index.js';
import { neutralText } from '../text/neutral-text.js';

export const NOW = new Date('2026-11-21T12:00:00Z');
export const CATALOGUE = new Catalogue(EVALUATION_TOOLS);

/** The evaluation's fleet, tools and templates; parts can be replaced. */
export async function situationFor(text: string, { fleet = EVALUATION_FLEET, state = NEW_CONVERSATION, ...parts }: Partial<Situation> & { readonly fleet?: readonly AssetFacts[]; readonly state?: ConversationState } = {}): Promise<Situation> {
  const facts = await new InMemoryFacts(fleet).lookUp('t', wordsToLookUp(neutralText(text).text, state));
  return { facts, catalogue: CATALOGUE, templates: BUILTIN_TEMPLATES, now: NOW, ...parts };
}

/** Says messages one after the other; the state goes through JSON between them, as it does when it is stored. */
export async function converse(messages: readonly string[], parts: Parameters<typeof situationFor>[1] = {}): Promise<Reply[]> {
  let state: ConversationState = NEW_CONVERSATION;
  const replies: Reply[] = [];
  for (const message of messages) {
    const reply = respond(message, state, await situationFor(message, { ...parts, state }));
    state = JSON.parse(JSON.stringify(reply.state)) as ConversationState;
    replies.push(reply);
  }
  return replies;
}
