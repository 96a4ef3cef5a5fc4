import { filterOf } from '../answer/row-filter.js';
import type { ActionIntent, Intent } from '../intent/intent.js';
import { understand } from '../intent/understand.js';
import { assetPlan } from '../plan/asset-plan.js';
import { chooseTemplates, type Rejected } from '../plan/choose-templates.js';
import { compose, type Part } from '../plan/compose.js';
import { optimise } from '../plan/optimise.js';
import { isSelective, list, type Selection } from '../slots/selection.js';
import type { Generation, PlanSource } from '../templates/history.js';
import { neutralText, showable, type NeutralText } from '../text/neutral-text.js';
import { answerPending } from './answer-pending.js';
import { doubtAbout, type Question } from './ask.js';
import { followUp } from './follow-up.js';
import type { Reply } from './reply.js';
import type { Situation } from './situation.js';
import { NEW_CONVERSATION, type ConversationState } from './state.js';
import { inWords, titleOf, told } from './wording.js';

/** Of a message that is read, in UTF-16 code units, as it is written and as the rules read it. */
export const LONGEST_MESSAGE = 4000;

/** Reads one message of a conversation and gives a plan, a question or an answer. Never throws for any text. */
export function respond(message: string, state: ConversationState, situation: Situation): Reply {
  const text = neutralText(message.slice(0, LONGEST_MESSAGE));
  const turn = new Turn(text, state, situation);
  // One sign may stand for a whole phrase.
  if (message.length > LONGEST_MESSAGE || text.text.length > LONGEST_MESSAGE) return turn.say(`The message is longer than ${LONGEST_MESSAGE} characters. Say it in fewer words.`, []);
  if (state.pending) {
    const taken = answerPending(text, state.pending, situation);
    if (taken.kind === 'dropped') return turn.say('Dropped: nothing was done.', []);
    if (taken.kind === 'again') return turn.ask(state.pending.intents, state.pending.index, { asked: state.pending.asked, question: `I could not read that as an answer. ${state.pending.question}`, options: state.pending.options }, state.pending.misses + 1);
    if (taken.kind === 'filled') return turn.act(taken.intents);
  }
  const read = understand(text, situation);
  const further = followUp(text.text, { last: state.last ?? null, read, facts: situation.facts });
  return turn.act(further ? [further] : read);
}

/** The answers with the bound that was set to their figures; a note where none of them has such a figure. */
function within(answers: Part['answers'], { threshold }: ActionIntent): { readonly answers: Part['answers']; readonly note: readonly string[] } {
  if (!threshold) return { answers, note: [] };
  const bound = answers.map((a) => {
    const where = a.kind === 'table' ? filterOf(threshold, a.columns) : undefined;
    return where === undefined ? a : { ...a, where };
  });
  return { answers: bound, note: bound.some((a) => 'where' in a) ? [] : [`I can't tell by which figure "${showable(threshold.said)}" is meant: all rows are shown.`] };
}

/** One message on its way to a reply. */
class Turn {
  private readonly rejected: Rejected[] = [];
  private readonly matched: Generation['matched'][number][] = [];
  private intents: readonly Intent[] = [];
  private source: PlanSource | null = null;
  private optimised: readonly string[] = [];

  constructor(private readonly text: NeutralText, private readonly state: ConversationState, private readonly situation: Situation) {}

  act(given: readonly Intent[]): Reply {
    const intents = given.map((i) => this.inFocus(i));
    this.intents = intents;
    const [first] = intents;
    if (intents.length === 0 || first === undefined) return this.say('I did not understand that.', []);
    if (first.kind === 'tell' || first.kind === 'refuse') {
      const { message, suggestions } = told(first, this.situation.templates, this.situation.catalogue);
      return this.say(message, suggestions);
    }
    const actions = intents.filter((i): i is ActionIntent => i.kind === 'action');
    const parts: Part[] = [];
    const notes: string[] = [];
    for (const intent of intents) {
      if (intent.kind === 'assets') {
        const { plan, answer } = assetPlan(intent.question, this.situation.facts);
        this.source ??= 'inventory';
        parts.push({ plan, answers: [answer], afterPrevious: false });
        const strange = intent.question.selection.unknownWords;
        if (strange.length > 0) return this.ask([], 0, { asked: { kind: 'targets' }, question: `What do you mean by "${list(strange)}"? Name a tag, an environment, a location or the hosts.`, options: this.situation.facts.vocabulary.tags.slice(0, 5).map((t) => ({ label: `hosts tagged ${t}`, value: `list hosts tagged ${t}` })) }, 0);
        if (intent.question.selection.wrongAddresses.length > 0) return this.say(`${list(intent.question.selection.wrongAddresses)} is no address.`, []);
      } else if (intent.kind === 'action') {
        const done = this.plan(intent, actions);
        if ('reply' in done) return done.reply;
        parts.push(done.part);
        notes.push(...done.notes);
      }
    }
    for (const i of intents) if (i.kind === 'refuse') notes.push(`${i.reason === 'unsupported' ? 'No tool here can do this' : 'I did not understand this part'}: "${showable(i.about)}".`);
    const composed = compose(parts);
    const better = optimise(composed.plan, composed.answers, this.situation.catalogue);
    this.optimised = better.changes;
    const problem = this.situation.compile?.(better.plan).find((d) => d.severity === 'error');
    if (problem) return this.say(`I could not make a valid plan of that (${problem.code}: ${problem.message}). Nothing was done.`, []);
    const changes = actions.some((a) => a.changes);
    const words = intents.filter((i) => i.kind !== 'refuse').map((i) => inWords(i, this.situation.templates)).join('; ');
    const focus = intents.map((i) => (i.kind === 'action' ? i.selection : i.kind === 'assets' ? i.question.selection : null)).find((s) => s !== null && isSelective(s)) ?? this.state.focus;
    return { kind: 'plan', message: `${changes ? 'To be approved' : 'Reading'}: ${words}.${notes.length > 0 ? ` ${notes.join(' ')}` : ''}`, plan: better.plan, answers: better.answers, changes, notes, ...this.record({ version: 1, pending: null, focus, last: !changes && actions.length === 1 && intents.length === 1 ? actions[0]! : null }) };
  }

  private plan(intent: ActionIntent, actions: readonly ActionIntent[]): { readonly part: Part; readonly notes: readonly string[] } | { readonly reply: Reply } {
    const { facts, catalogue, templates, compile } = this.situation;
    const index = actions.indexOf(intent);
    const doubt = doubtAbout(intent, facts, templates);
    const choice = chooseTemplates({ intent, facts, catalogue, templates, compile });
    this.rejected.push(...choice.rejected);
    // What can't be done at all is said before anything is asked.
    if (choice.kind === 'none') return { reply: this.cannot(intent, choice.rejected) };
    if (doubt) return { reply: this.ask(actions, index, doubt, 0) };
    if (choice.kind === 'missing') {
      const { slot, spec, template } = choice;
      const options = [...(spec.type === 'assets' ? this.suggestedTargets() : spec.options ?? [])].slice(0, 5).map((v) => ({ label: v, value: v }));
      const question: Question = { asked: spec.type === 'assets' ? { kind: 'targets' } : { kind: 'slot', slot, spec }, question: `${titleOf(template.action, templates)}: ${spec.ask ?? `${slot}?`}`, options };
      return { reply: this.ask(actions, index, question, 0) };
    }
    this.source ??= intent.action.startsWith('tool:') ? 'tool' : 'template';
    this.matched.push(...choice.chosen.map((c) => ({ template: c.template.id, version: c.template.version })));
    const part = compose(choice.chosen.map((c) => ({ plan: c.instance.plan, answers: c.instance.answers, afterPrevious: false })));
    const { answers, note } = within(part.answers, intent);
    return { part: { ...part, answers, afterPrevious: intent.afterPrevious }, notes: [...choice.notes, ...note] };
  }

  private cannot(intent: ActionIntent, rejected: readonly Rejected[]): Reply {
    const { templates, catalogue } = this.situation;
    const reason = rejected.at(-1)?.reason;
    const suggestions = told({ kind: 'refuse', reason: 'unsupported', about: this.text.text }, templates, catalogue).suggestions.filter((s) => s !== titleOf(intent.action, templates));
    return this.say(`I can't do this here: ${inWords(intent, templates)}${reason === undefined ? '' : ` (${reason})`}. Nothing was done.${suggestions.length > 0 ? ` The nearest I can do: ${list(suggestions, 'or')}.` : ''}`, suggestions);
  }

  /** `there` and `those hosts` mean what was last spoken of; before a change that is asked. */
  private inFocus(intent: Intent): Intent {
    const { focus } = this.state;
    const filled = (s: Selection): Selection => (s.pointsBack && !isSelective(s) && s.unknownHosts.length === 0 && focus !== null ? { ...focus, pointsBack: false } : s);
    if (intent.kind === 'assets') return { ...intent, question: { ...intent.question, selection: filled(intent.question.selection) } };
    if (intent.kind !== 'action') return intent;
    const selection = filled(intent.selection);
    return selection === intent.selection ? intent : { ...intent, selection, doubts: intent.changes ? [...intent.doubts, 'I take it that you mean the hosts we last spoke of.'] : intent.doubts };
  }

  private suggestedTargets(): string[] {
    const { environments, tags } = this.situation.facts.vocabulary;
    return [...tags.slice(0, 3).map((t) => `hosts tagged ${t}`), ...environments.slice(0, 2).map((e) => `${e} hosts`)];
  }

  ask(intents: readonly ActionIntent[], index: number, { asked, question, options }: Question, misses: number): Reply {
    if (this.intents.length === 0) this.intents = intents;
    return { kind: 'question', message: question, options, ...this.record({ version: 1, pending: intents.length === 0 ? null : { asked, intents, index, question, options, misses }, focus: this.state.focus, last: this.state.last ?? null }) };
  }

  say(message: string, suggestions: readonly string[]): Reply {
    return { kind: 'answer', message, suggestions, ...this.record({ ...NEW_CONVERSATION, focus: this.state.focus, last: this.state.last ?? null }) };
  }

  private record(state: ConversationState): { state: ConversationState; intents: readonly Intent[]; generation: Generation } {
    return {
      state, intents: this.intents,
      generation: { message: this.text.shown.slice(0, LONGEST_MESSAGE), at: this.situation.now.toISOString(), source: this.source, understood: this.intents.map((i) => inWords(i, this.situation.templates)), matched: this.matched, rejected: this.rejected, optimised: this.optimised },
    };
  }
}
