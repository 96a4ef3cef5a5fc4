import { furtherServices } from '../slots/service.js';
import type { Sentence } from '../text/sentence.js';
import type { ActionIntent, Intent } from './intent.js';
import { readingActionOf } from './reading-actions.js';
import { valuesFor, type Understanding } from './understand-sentence.js';

/** Reports about hosts that people ask for in one breath. Others take what follows for a part of what is looked for. */
const REPORTS = new Set(['disk-report', 'service-health', 'process-list', 'system-info', 'patch-level', 'user-audit', 'connections']);
const AND = /\s*,\s*(?:and\s+)?|\s+(?:and|plus|as well as)\s+|\s*&\s*/;

/**
 * What one clause wants several times: `restart nginx and sshd`, `disk usage and uptime of web-01`. It is the intent alone for most clauses.
 * @param rest the clause from its first telling word on, in lower case
 */
export function several(intent: Intent, { sentence, rest, context }: { readonly sentence: Sentence; readonly rest: string; readonly context: Understanding }): Intent[] {
  if (intent.kind !== 'action') return [intent];
  const { service } = intent.values;
  if (typeof service === 'string' && /^(?:restart-service|service-health)$/.test(intent.action)) {
    const { names, either } = furtherServices(sentence, intent.selection, service);
    const first = either && intent.changes ? { ...intent, doubts: [...intent.doubts, 'You said "or": I would do it for all services that you named.'] } : intent;
    return [first, ...names.map((name): ActionIntent => ({ ...first, values: { ...first.values, service: name }, afterPrevious: intent.changes }))];
  }
  if (intent.changes || !REPORTS.has(intent.action) || sentence.quotes.length > 0) return [intent];
  const further = [...new Set(rest.split(AND).map((part) => readingActionOf(`show ${part}`)))].filter((action): action is string => action !== undefined && action !== intent.action && REPORTS.has(action));
  return [intent, ...further.map((action): Intent => (action === 'service-health' ? { kind: 'refuse', reason: 'unknown', about: 'services, without a name' } : { ...intent, action, values: valuesOf(action, { sentence, intent, context }) }))];
}

function valuesOf(action: string, { sentence, intent, context }: { readonly sentence: Sentence; readonly intent: ActionIntent; readonly context: Understanding }): ActionIntent['values'] {
  // What was read as a name for the first report is no name for another.
  const values = Object.assign({}, ...context.templates.filter((t) => t.action === action).map((t) => valuesFor(t, { sentence, selection: intent.selection, now: context.now }))) as Record<string, ActionIntent['values'][string]>;
  return Object.fromEntries(Object.entries(values).filter(([name]) => !['service', 'process', 'pattern'].includes(name)));
}
