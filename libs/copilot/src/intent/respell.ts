import { isVerb } from './changing-verbs.js';

const READING = ['show', 'list', 'find', 'check', 'ping', 'scan', 'search', 'report', 'trace', 'traceroute', 'count', 'display', 'capture', 'resolve', 'monitor'] as const;

/**
 * A message whose first word is one typing error away from a verb, with that verb. It is a suggestion for the person and is never acted upon.
 * @returns undefined where the first word is a verb, or none is near
 */
export function respelled(message: string): string | undefined {
  const [first, ...rest] = message.trim().split(/\s+/);
  if (first === undefined || rest.length === 0 || !/^[a-z]{4,12}$/i.test(first)) return undefined;
  const word = first.toLowerCase();
  if (isVerb(word) || (READING as readonly string[]).includes(word)) return undefined;
  const near = [...READING, 'restart', 'reboot', 'delete', 'remove', 'create', 'register', 'untag', 'start', 'stop', 'kill', 'execute', 'install', 'update', 'block', 'isolate'].find((verb) => isNear(word, verb));
  return near && `${near} ${rest.join(' ')}`;
}

/** Whether one letter is wrong, missing, too much, or changes places with the next. */
function isNear(word: string, verb: string): boolean {
  if (Math.abs(word.length - verb.length) > 1) return false;
  let from = 0;
  while (from < verb.length && word[from] === verb[from]) from++;
  const [a, b] = [word.slice(from), verb.slice(from)];
  return a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1) || (a.length > 1 && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2));
}
