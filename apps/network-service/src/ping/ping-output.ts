import type { PingOutput } from './ping.dto.js';

/** What iputils' summary says. */
export type PingFigures = Pick<PingOutput, 'sent' | 'received' | 'lossPercent' | 'rttMs'>;

const SUMMARY = /^(\d+) packets transmitted, (\d+) received,(?: \+\d+ duplicates,)?(?: \+\d+ corrupted,)?(?: \+\d+ errors,)? (\d+(?:\.\d+)?)% packet loss/m;
const TIMES = /^rtt min\/avg\/max\/mdev = (\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)\/\d+(?:\.\d+)? ms/m;

/** Reads the summary that `ping -q` of iputils prints in the C locale; undefined when there is none. */
export function readPingSummary(stdout: string): PingFigures | undefined {
  const summary = SUMMARY.exec(stdout);
  if (!summary) return undefined;
  const times = TIMES.exec(stdout);
  return {
    sent: Number(summary[1]),
    received: Number(summary[2]),
    lossPercent: Number(summary[3]),
    rttMs: times ? { min: Number(times[1]), avg: Number(times[2]), max: Number(times[3]) } : null,
  };
}
