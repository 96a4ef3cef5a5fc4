import { REDACTED } from '@opsmesh/contracts';
import { neutralText, redacted } from '@opsmesh/copilot';

/** Passwords as people tell them in a sentence, beside what looks like a secret by itself. */
const TOLD: readonly RegExp[] = [
  /(?=\S)(?<=\b(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _-]?key)\s+is\s+)["'`]?[^\s"'`]{3,}["'`]?/gi,
  /(?=\S)(?<=\b(?:with|using|and|,)\s+(?:the\s+)?(?:pass(?:word|wd|phrase|code)|pwd)\s+)["'`]?(?!(?:of|for|on|in|at|last|set|was|expir|polic|age|change|reset|hash)\w*\b)[^\s"'`]{3,}["'`]?/gi,
];

/** A message as it may be kept: text that PostgreSQL takes, and without what looks like a secret, also behind hidden characters. What is not kept is not read either. */
export function keepable(message: string): string {
  const clean = message.replace(/\u0000|\p{Cs}/gu, '\uFFFD');
  const { text } = neutralText(clean);
  const bare = TOLD.reduce((t, pattern) => t.replace(pattern, REDACTED), redacted(text));
  return bare === text ? clean : bare;
}
