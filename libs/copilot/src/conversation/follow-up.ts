import type { FactSheet } from '../facts/facts.js';
import type { ActionIntent, Intent } from '../intent/intent.js';
import { readSelection } from '../slots/read-selection.js';
import { isSelective } from '../slots/selection.js';
import { wordsOf } from '../text/sentence.js';

const FOLLOWS = /^(?:ok(?:ay)?,?\s+|thanks,?\s+)?(?:and|now|also|what about|how about|(?:and |now )?the same)\b/i;
const LONGEST = 10;

/**
 * `and on web-02?`: what was read last, of other hosts. Only where the words by themselves ask for nothing, or for no more than the hosts that they name; a change is never repeated so.
 * @param last the reading action of the message before
 * @returns undefined when it is no such message
 */
export function followUp(text: string, { last, read, facts }: { readonly last: ActionIntent | null; readonly read: readonly Intent[]; readonly facts: FactSheet }): ActionIntent | undefined {
  if (last === null || last.changes || !FOLLOWS.test(text) || wordsOf(text).length > LONGEST) return undefined;
  const [only, ...more] = read;
  const isOpen = only !== undefined && more.length === 0 && ((only.kind === 'refuse' && only.reason === 'unknown') || (only.kind === 'assets' && only.question.kind === 'assets' && only.question.field === null));
  if (!isOpen) return undefined;
  const selection = readSelection(text, facts);
  return isSelective(selection) || selection.unknownHosts.length > 0 ? { ...last, selection, doubts: [], afterPrevious: false } : undefined;
}
