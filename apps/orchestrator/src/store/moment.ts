/** SQL of a time as views have it: ISO 8601 in milliseconds, UTC. */
export function momentOf(column: string): string {
  return `to_char(date_trunc('milliseconds', ${column}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
