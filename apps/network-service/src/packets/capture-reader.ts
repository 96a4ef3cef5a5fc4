import { ToolFailure } from '@opsmesh/contracts';
import { AttemptFiles, type ToolContext } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import { readPcap } from '../capture/pcap-file.js';
import { runProgram } from '../process/run-binary.js';
import { LineReader } from '../process/sinks.js';
import { failureOfEnd } from '../process/stopped.js';

export interface Question {
  /** Display filter (wireshark-filter); only packets that fit are read out. */
  readonly displayFilter?: string | undefined;
  /** How tshark writes: some fields of each packet, in this order, or everything of it. */
  readonly as: { readonly fields: readonly string[] } | 'ek';
}

/** Reads captures with tshark, which gets the bytes on its standard input, runs as nobody and writes no file. */
export class CaptureReader {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly files: AttemptFiles,
  ) {}

  /**
   * Gets a capture that a run of the attempt's tenant keeps.
   * @throws ToolFailure `not-found`, `service-unavailable`, or `input-invalid` when the file is no capture
   */
  async open(captureId: string, { attempt, signal }: Pick<ToolContext, 'attempt' | 'signal'>): Promise<Buffer> {
    const bytes = await this.files.read(attempt.id, captureId, signal);
    if (!readPcap(bytes)) throw new ToolFailure('input-invalid', `the file ${captureId} is no capture`);
    return bytes;
  }

  /**
   * Has tshark read a capture out, line by line.
   * @returns whether the capture breaks off in the middle of a packet
   * @throws ToolFailure `input-invalid` when the display filter is none
   */
  async read(capture: Buffer, { displayFilter, as }: Question, to: { readonly signal: AbortSignal; onLine(line: string): void }): Promise<{ readonly cutShort: boolean }> {
    const path = this.capabilities.pathOf('tshark');
    const format = as === 'ek' ? ['-T', 'ek'] : ['-T', 'fields', '-E', 'separator=/t', '-E', 'occurrence=f', '-E', 'quote=n', ...as.fields.flatMap((field) => ['-e', field])];
    const argv = ['-n', '-r', '-', ...(displayFilter === undefined ? [] : ['-Y', displayFilter]), ...format];
    // An error thrown into a stream would end the process.
    let broken: { readonly error: unknown } | undefined;
    const lines = new LineReader((line) => {
      try {
        if (!broken) to.onLine(line);
      } catch (error) {
        broken = { error };
      }
    });
    const result = await runProgram({ path, argv, signal: to.signal, stdin: capture, asNobody: true }, lines);
    const stopped = failureOfEnd('tshark', result, to.signal);
    if (stopped) throw stopped;
    if (broken) throw broken.error;
    const said = result.stderr.trim();
    const cutShort = /cut short in the middle of a packet/.test(said);
    if (result.end.kind === 'exited' && result.end.code !== 0 && !cutShort) throw refusal(said, displayFilter);
    return { cutShort };
  }
}

/** tshark says by its words only whether it was the filter or the file. */
function refusal(said: string, displayFilter: string | undefined): ToolFailure {
  const first = (/^tshark: (.*)$/m.exec(said)?.[1] ?? said).slice(0, 300);
  if (displayFilter !== undefined && !/standard input|file|memory/i.test(first)) return new ToolFailure('input-invalid', `tshark does not take the display filter: ${first}`);
  return new ToolFailure('tool-failed', 'tshark could not read the capture', { cause: first });
}
