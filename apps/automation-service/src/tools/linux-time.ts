const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Fri Jan  5 10:00:00 2024` in UTC, as ps prints `lstart` in the C locale, as ISO 8601; undefined for anything else. */
export function isoOfCtime(text: string): string | undefined {
  const [, month, day, time, year] = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/.exec(text) ?? [];
  const index = MONTHS.indexOf(month ?? '');
  return index < 0 ? undefined : iso(`${year}-${two(index + 1)}-${two(Number(day))}T${time}Z`);
}

/** `Fri 2024-01-05 10:00:00 UTC`, as systemctl prints times when TZ is UTC, as ISO 8601; undefined for anything else. */
export function isoOfSystemd(text: string): string | undefined {
  const [, date, time] = /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? [];
  return date === undefined ? undefined : iso(`${date}T${time}Z`);
}

/** Seconds since the epoch as ISO 8601; undefined when no date has that number. */
export function isoOfSeconds(seconds: number): string | undefined {
  return iso(seconds * 1000);
}

function iso(value: string | number): string | undefined {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
