import { neutralText } from '@opsmesh/copilot';

const YES = /^(?:yes|y|yep|ok|okay|approve|approved|approve it|i approve|confirm|confirmed|go ahead|do it|yes,? (?:please|approve|do it|go ahead))[.!]*$/i;
const NO = /^(?:no|n|nope|reject|rejected|reject it|i reject|cancel|cancel it|stop|abort|don't|do not|don't do it|no,? (?:thanks|thank you|don't|stop|cancel|reject))[.!]*$/i;

/** The whole message as a word on what waits for approval. With hidden or look-alike characters it is none: what is read must be what was written. */
export function approvalWord(message: string): 'approve' | 'reject' | undefined {
  const { text, hidden, mixed } = neutralText(message.slice(0, 100));
  if (hidden.length + mixed.length > 0) return undefined;
  return YES.test(text) ? 'approve' : NO.test(text) ? 'reject' : undefined;
}
