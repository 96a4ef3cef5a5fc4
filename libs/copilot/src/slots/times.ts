import * as chrono from 'chrono-node';

/** A span of time, ISO 8601 UTC; an open end is absent. */
export interface TimeRange {
  readonly after?: string;
  readonly before?: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, d: 86_400, day: 86_400, w: 604_800, week: 604_800, month: 2_592_000, year: 31_536_000 };
const NUMBERS: Readonly<Record<string, number>> = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12, fifteen: 15, twenty: 20, thirty: 30, sixty: 60 };
const DURATION = new RegExp(String.raw`\b(?:(half)\s+an?\s+|(\d{1,6}(?=\s*-?[a-z])|(?:${Object.keys(NUMBERS).join('|')})(?=[\s-]))\s*-?)(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|years?)\b`, 'i');

/** The first duration in a text, in seconds: `30 seconds`, `24h`, `half an hour`, `one day`. */
export function durationIn(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (!found) return undefined;
  const [, half, number, unit] = found;
  const seconds = UNITS[unit!.toLowerCase()] ?? UNITS[unit!.toLowerCase().replace(/s$/, '')];
  if (seconds === undefined) return undefined;
  return half === undefined ? numberOf(number!) * seconds : seconds / 2;
}

export function numberOf(text: string): number {
  return NUMBERS[text.toLowerCase()] ?? Number(text);
}

const CUE = /\b(since|after|before|until|between|from|during|yesterday|today|tonight|this (?:morning|week|month)|last (?:night|week|month|year|\w+day)|(?:in|within|over|during|for)?\s*the (?:last|past)\b|(?:last|past) \d+|ago)\b/i;
const RELATIVE = /\b(?:last|past)\s+(?:(\d{1,6}|two|three|four|five|six|seven|eight|nine|ten|twelve|thirty)\s+)?(minute|hour|day|week|month|year)s?\b/i;

/** The span of time that a text names, read in UTC against `now`. */
export function timeRangeIn(text: string, now: Date): TimeRange | undefined {
  if (!CUE.test(text)) return undefined;
  const relative = RELATIVE.exec(text);
  if (relative) {
    const back = numberOf(relative[1] ?? '1') * UNITS[relative[2]!.toLowerCase()]!;
    return { after: new Date(now.getTime() - back * 1000).toISOString() };
  }
  const [first] = chrono.en.casual.parse(text, { instant: now, timezone: 0 }, { forwardDate: false });
  if (!first) return undefined;
  const start = first.start.date();
  const wholeDay = !first.start.isCertain('hour');
  if (wholeDay) start.setUTCHours(0, 0, 0, 0);
  const before = /\b(before|until)\b/i.exec(text.slice(0, first.index).slice(-12));
  if (before) return { before: start.toISOString() };
  if (first.end) return { after: start.toISOString(), before: first.end.date().toISOString() };
  if (wholeDay && /\byesterday\b|\blast night\b/i.test(first.text) && !/\bsince\b/i.test(text)) return { after: start.toISOString(), before: new Date(start.getTime() + 86_400_000).toISOString() };
  return { after: start.toISOString() };
}
