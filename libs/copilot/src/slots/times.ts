import * as chrono from 'chrono-node';

/** A span of time, ISO 8601 UTC; an open end is absent. */
export interface TimeRange {
  readonly after?: string;
  readonly before?: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, sec: 1, second: 1, m: 60, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, d: 86_400, day: 86_400, w: 604_800, week: 604_800, month: 2_592_000, year: 31_536_000 };
const NUMBERS: Readonly<Record<string, number>> = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, twelve: 12, fifteen: 15, twenty: 20, thirty: 30, sixty: 60 };
const UNIT = String.raw`(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|years?)(?![a-z])`;
const DURATION = new RegExp(String.raw`(?<![\w.,])(?:(half)\s+an?\s+|(\d{1,6}(?:[.,]\d{1,3})?|(?:${Object.keys(NUMBERS).join('|')})(?=[\s-]))\s*-?)${UNIT}(\s+and\s+a\s+half\b)?`, 'i');
/** What may follow in the same breath: `1h30m`, `2 hours and 30 minutes`. */
const FURTHER = new RegExp(String.raw`^\s*(?:,|and\b)?\s*(\d{1,6})\s*${UNIT}`, 'i');

/** The first duration in a text, in seconds: `30 seconds`, `24h`, `1.5 hours`, `1h 30m`, `half an hour`, `one day`. */
export function durationIn(text: string): number | undefined {
  const found = DURATION.exec(text);
  if (!found) return undefined;
  const [all, half, number, unit, andHalf] = found;
  const size = secondsOf(unit!);
  let seconds = half === undefined ? (numberOf(number!.replace(',', '.')) + (andHalf === undefined ? 0 : 0.5)) * size : size / 2;
  let rest = text.slice(found.index + all.length);
  for (let smallest = size, next = FURTHER.exec(rest); next && secondsOf(next[2]!) < smallest; next = FURTHER.exec(rest)) {
    smallest = secondsOf(next[2]!);
    seconds += Number(next[1]) * smallest;
    rest = rest.slice(next[0].length);
  }
  return seconds;
}

function secondsOf(unit: string): number {
  const name = unit.toLowerCase();
  return UNITS[name] ?? UNITS[name.replace(/s$/, '')]!;
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
