import type { PcapFile } from './pcap-file.js';
import type { CaptureEnd, TcpdumpInput, TcpdumpOutput } from './tcpdump.dto.js';

/** One capture that is over. */
export interface MadeCapture {
  readonly interface: string;
  readonly filter: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly endedBy: CaptureEnd;
  readonly file: PcapFile;
  /** What tcpdump wrote to stderr. */
  readonly stderr: string;
}

/** What is said of a capture; where it is kept comes later. */
export function captureAnswer(made: MadeCapture, limits: Required<Pick<TcpdumpInput, 'maxBytes' | 'maxPackets'>>): TcpdumpOutput {
  const dropped = droppedPackets(made.stderr);
  const warnings = [
    ...(made.endedBy === 'bytes' ? [`truncated: the capture had ${limits.maxBytes} bytes before its time was over; later packets are missing`] : []),
    ...(made.endedBy === 'packets' ? [`truncated: the capture had ${limits.maxPackets} packets before its time was over; later packets are missing`] : []),
    ...(made.endedBy === 'stopped' ? ['partial: the capture was stopped before its time was over'] : []),
    ...(made.file.cutPackets > 0 ? [`truncated: of ${made.file.cutPackets} packets only the beginning was kept`] : []),
    ...(dropped !== null && dropped > 0 ? [`truncated: the kernel dropped ${dropped} packets that came too fast`] : []),
  ];
  return {
    interface: made.interface, filter: made.filter, startedAt: made.startedAt.toISOString(), durationMs: Math.round(made.durationMs), packets: made.file.packets, dropped, endedBy: made.endedBy,
    truncated: warnings.some((warning) => warning.startsWith('truncated')), partial: made.endedBy === 'stopped', warnings,
  };
}

/** The last lines of tcpdump: "3 packets dropped by kernel", and where the driver counts too "2 packets dropped by interface". */
export function droppedPackets(stderr: string): number | null {
  const found = [...stderr.matchAll(/^(\d+) packets? dropped by (?:kernel|interface)$/gm)];
  return found.length === 0 ? null : found.reduce((sum, [, count]) => sum + Number(count), 0);
}
