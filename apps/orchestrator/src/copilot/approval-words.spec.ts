import { approvalWord } from './approval-words.js';

it.each(['yes', 'Yes.', 'approve', 'APPROVE!', ' go ahead ', 'yes, please'])('%j approves', (m) => { expect(approvalWord(m)).toBe('approve'); });
it.each(['no', 'No!', 'reject', 'cancel', 'don\'t', 'don’t do it', 'no, stop'])('%j rejects', (m) => { expect(approvalWord(m)).toBe('reject'); });
it.each(['yes but only on web-01', 'approve all future plans', 'yes\nno', 'why?', '', 'not yet', 'y e s', 'yes yes yes and restart nginx'])('%j is neither', (m) => { expect(approvalWord(m)).toBeUndefined(); });
it.each(['yes\u200B', '\u202Eyes', 'yеs', 'y\u00ADes'])('with hidden or look-alike characters a word counts for nothing: %j', (m) => { expect(approvalWord(m)).toBeUndefined(); });
