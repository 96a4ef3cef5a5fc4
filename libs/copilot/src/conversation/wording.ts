import { tellingWords, type Catalogue } from '../catalogue/catalogue.js';
import type { ActionIntent, Intent } from '../intent/intent.js';
import { describe, isSelective, list } from '../slots/selection.js';
import { respelled } from '../intent/respell.js';
import { missingTool } from '../templates/instantiate.js';
import type { Template } from '../templates/template.js';
import { showable } from '../text/neutral-text.js';

/** The title of what an action does. */
export function titleOf(action: string, templates: readonly Template[]): string {
  if (action.startsWith('tool:')) return action.slice(5);
  const titles = templates.filter((t) => t.action === action).map((t) => t.title.replace(/ \((?:Linux|Windows|from Linux|from Windows|Debian, Ubuntu)\)| with check(?: and rollback)?| of addresses/g, ''));
  return titles[0] ?? action;
}

/** An intent in words, for questions and the history. */
export function inWords(intent: Intent, templates: readonly Template[]): string {
  switch (intent.kind) {
    case 'action': {
      const values = Object.entries(intent.values).filter(([, v]) => typeof v === 'string' || typeof v === 'number').map(([k, v]) => `${k} ${showable(String(v))}`);
      return `${titleOf(intent.action, templates)}${values.length > 0 ? ` (${values.join(', ')})` : ''}${isSelective(intent.selection) && intent.action !== 'asset-create' ? ` on ${describe(intent.selection)}` : ''}`;
    }
    case 'assets': return `inventory: ${intent.question.kind} of ${describe(intent.question.selection)}`;
    case 'tell': return `to be told: ${intent.topic}`;
    case 'refuse': return `refused: ${intent.reason}`;
  }
}

/** Titles of what can be done with the tools that are registered now. */
function abilities(templates: readonly Template[], catalogue: Catalogue): string[] {
  return [...new Set(templates.filter((t) => missingTool(t, catalogue) === undefined).map((t) => titleOf(t.action, templates)))];
}

const THANKS = /\b(?:thanks|thank you|thx|cheers|great|perfect|nice|awesome|well done)\b/i;

/** The answer to a message that is answered without a plan. */
export function told(intent: Exclude<Intent, ActionIntent | { kind: 'assets' }>, templates: readonly Template[], catalogue: Catalogue): { readonly message: string; readonly suggestions: readonly string[] } {
  const can = abilities(templates, catalogue);
  if (intent.kind === 'refuse') {
    const meant = intent.reason === 'unknown' ? respelled(intent.about) : undefined;
    const near = meant === undefined ? nearest(intent.about, templates, catalogue) : [showable(meant)];
    switch (intent.reason) {
      case 'secret': return { message: 'I do not give out secrets. Credentials stay in the vault; a worker gets one for a single attempt, sealed to its own key.', suggestions: [] };
      case 'too-much': return { message: 'That is too much for one message: say it in parts. Nothing was done.', suggestions: [] };
      case 'unsupported': return { message: `No tool here can do that, and nothing was done.${near.length > 0 ? ` The nearest I can do: ${list(near, 'or')}.` : ''}`, suggestions: near };
      case 'unknown': return { message: `I did not understand that as something I can do, and nothing was done.${near.length > 0 ? ` Perhaps you mean: ${list(near, 'or')}?` : ` Some of what I can do: ${list(can.slice(0, 6))}. Ask "what can you do?" for all.`}`, suggestions: near.length > 0 ? near : can.slice(0, 5) };
    }
  }
  switch (intent.topic) {
    case 'negated': return { message: 'Understood as something not to do: nothing was done.', suggestions: [] };
    case 'hypothetical': return { message: 'That asks what would be. I have no rule that could tell, and nothing was done. Ask me to do it and you will see a preview before anything happens.', suggestions: [] };
    case 'about-change': return { message: 'You ask about a change, you did not order one: nothing was done. What was done by me stands in the record of runs (GET /runs).', suggestions: [] };
    case 'suspicious': return { message: 'The message tries to change my rules instead of asking for something: nothing was done. Rules and approvals do not come from messages.', suggestions: [] };
    case 'small-talk': return THANKS.test(intent.about) ? { message: 'You are welcome.', suggestions: [] } : { message: 'Hello. Tell me what should happen on which hosts, or ask about the inventory.', suggestions: can.slice(0, 5) };
    case 'help': return { message: `I can do: ${list(can)}. And I answer questions about the inventory. Whatever changes something is shown first and waits for approval.`, suggestions: can.slice(0, 5) };
    case 'tools': return { message: `Tools registered now: ${[...catalogue.tools.values()].slice(0, 40).map((t) => `${t.name} (${t.effect})`).join(', ')}${catalogue.tools.size > 40 ? `, and ${catalogue.tools.size - 40} more` : ''}.`, suggestions: [] };
    case 'tool': {
      const tool = catalogue.tools.get(intent.about)!;
      return { message: `${tool.name} (${tool.effect}): ${showable(tool.description)}`, suggestions: [] };
    }
    case 'templates': return { message: `Templates: ${templates.map((t) => t.title).join(', ')}.`, suggestions: [] };
    case 'how-to': {
      const near = nearest(intent.about, templates, catalogue);
      return { message: near.length > 0 ? `Tell me in a sentence, with the hosts it is for. I can do: ${list(near)}. You see a preview before anything is changed.` : `I can do: ${list(can)}.`, suggestions: near };
    }
  }
}

/** Titles of templates and tools nearest to some words, best first. */
function nearest(text: string, templates: readonly Template[], catalogue: Catalogue): string[] {
  const words = new Set(tellingWords(text).filter((w) => w.length > 2 && !/\d/.test(w)));
  const scored = templates.filter((t) => missingTool(t, catalogue) === undefined)
    .map((t) => ({ title: titleOf(t.action, templates), score: tellingWords(`${t.title} ${t.description}`).filter((w) => words.has(w)).length }))
    .filter((t) => t.score > 0).sort((a, b) => b.score - a.score).map((t) => t.title);
  // A tool is near only when a word of its name was said: what is merely spelled like one is no help.
  const tools = catalogue.search([...words].join(' '), 3).filter((t) => t.effect === 'read' && tellingWords(t.name.replace(/([a-z])([A-Z])/g, '$1 $2')).some((w) => words.has(w)));
  return [...new Set([...scored, ...tools.map((t) => t.name)])].slice(0, 3);
}
