import type { UnitState } from './systemd-unit.js';

/** What the clocks of worker, host and record may differ, in milliseconds. Within it nothing is denied. */
const SLACK_MS = 120_000;

export interface Clocks {
  /** ISO 8601. */
  readonly since: string;
  /** Milliseconds since the epoch, by the worker's clock. */
  readonly now: number;
  /** Seconds since the epoch, by the host's clock. */
  readonly hostNow: number;
}

/**
 * Whether a unit was started after a moment; undefined when that can't be told: it is not active, or the moments are too near to each other.
 * Ages are compared, not times of day: the host's clock need not be right.
 */
export function startedSince({ active, activeSince }: Pick<UnitState, 'active' | 'activeSince'>, { since, now, hostNow }: Clocks): boolean | undefined {
  if (!active || activeSince === undefined) return undefined;
  const ageMs = hostNow * 1000 - Date.parse(activeSince);
  const elapsedMs = now - Date.parse(since);
  if (ageMs <= elapsedMs) return true;
  return ageMs > elapsedMs + SLACK_MS ? false : undefined;
}
