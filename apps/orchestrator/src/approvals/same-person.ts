import { neutralText } from '@opsmesh/copilot';

/** Whether two names are read as the same one: capitals, blanks and signs that can't be seen do not make two people of one. */
export function isSamePerson(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(name: string): string {
  return neutralText(name).text.toLowerCase();
}
