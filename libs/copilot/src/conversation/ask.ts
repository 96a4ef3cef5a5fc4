import type { FactSheet } from '../facts/facts.js';
import type { ActionIntent } from '../intent/intent.js';
import { isSelective, list } from '../slots/selection.js';
import type { Template } from '../templates/template.js';
import { showable } from '../text/neutral-text.js';
import type { Asked, Option } from './state.js';
import { inWords, titleOf } from './wording.js';

export interface Question {
  readonly asked: Asked;
  readonly question: string;
  readonly options: readonly Option[];
}

const MOST = 5;
const option = (value: string): Option => ({ label: value, value });

/** What must be asked about an action before it can be planned, apart from slots of its template; undefined when nothing. */
export function doubtAbout(intent: ActionIntent, facts: FactSheet, templates: readonly Template[]): Question | undefined {
  const { selection: s } = intent;
  const title = titleOf(intent.action, templates);
  const targets = (question: string, values: readonly string[]): Question => ({ asked: { kind: 'targets' }, question, options: values.slice(0, MOST).map(option) });
  if (s.wrongAddresses.length > 0) return targets(`${list(s.wrongAddresses.map(showable))} is no address. Which do you mean?`, []);
  const strangers = s.unknownHosts.filter((h) => !isOutside(h, intent));
  if (strangers.length > 0) {
    const near = [...new Set(strangers.flatMap((h) => facts.near.get(h.toLowerCase()) ?? []))];
    return targets(`The inventory has no ${list(strangers.map(showable), 'or')}. ${near.length > 0 ? 'Which host do you mean?' : 'On which hosts?'}`, near);
  }
  const unknownAddress = facts.known && intent.changes ? s.ips.find((ip) => !facts.assets.has(ip)) : undefined;
  if (unknownAddress !== undefined && 'targets' in slotsOf(intent, templates)) return targets(`No asset of the inventory has the address ${unknownAddress}. Which host do you mean?`, []);
  if (s.unknownWords.length > 0) return targets(`What do you mean by "${list(s.unknownWords.map(showable))}"? Name a tag, an environment, a location or the hosts.`, facts.vocabulary.tags.slice(0, MOST).map((t) => `hosts tagged ${showable(t)}`));
  if (s.pointsBack && !isSelective(s)) return undefined;
  if (intent.doubts.length > 0) return { asked: { kind: 'confirm' }, question: `${intent.doubts.join(' ')} Do you want this: ${inWords(intent, templates)}?`, options: [option('yes'), option('no')] };
  if (intent.action === 'restart-service' && intent.values['service'] === undefined && s.hosts.length > 0) return { asked: { kind: 'slot', slot: 'service', spec: { type: 'service', required: true } }, question: `${title}: which service? I can restart services, not whole hosts.`, options: ['nginx', 'sshd', 'postgresql'].map(option) };
  return undefined;
}

/** A full domain name may be meant as it is where addresses are taken that are not in the inventory. */
function isOutside(host: string, intent: ActionIntent): boolean {
  const values = Object.values(intent.values).flat();
  return values.includes(host) || (host.includes('.') && Array.isArray(intent.values['endpoints'])) || (intent.action === 'dns-lookup') || intent.action === 'asset-create';
}

function slotsOf(intent: ActionIntent, templates: readonly Template[]): Template['slots'] {
  return Object.assign({}, ...templates.filter((t) => t.action === intent.action && Object.values(t.slots).every((x) => x.type !== 'endpoints')).map((t) => t.slots)) as Template['slots'];
}
