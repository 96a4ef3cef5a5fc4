import { StringDecoder } from 'node:string_decoder';
import { ClixmlDecoder } from '../powershell/clixml-decoder.js';
import type { RunLimits, RunOutput } from '../shell-options.js';
import { WinRmError } from '../winrm-error.js';
import type { OutputChunk } from '../wsman/answer-bodies.js';

const DEFAULT_MAX_OUTPUT_BYTES = 1_048_576;

interface TextDecoding {
  push(bytes: Buffer): string;
  end(): string;
}

/** One stream's text, up to a number of bytes. */
class CappedText {
  private readonly parts: string[] = [];
  private left: number;
  truncated = false;
  /** Bytes that came from the host. */
  bytes = 0;

  constructor(maxBytes: number, private readonly decoder: TextDecoding) {
    this.left = maxBytes;
  }

  push(bytes: Buffer): string {
    this.bytes += bytes.length;
    return this.keep(this.decoder.push(bytes));
  }

  end(): string {
    return this.keep(this.decoder.end());
  }

  get text(): string {
    return this.parts.join('');
  }

  /** What of the text fits; a character is kept whole or not at all. */
  private keep(text: string): string {
    if (text === '' || this.truncated) return '';
    const size = Buffer.byteLength(text);
    if (size <= this.left) {
      this.left -= size;
      this.parts.push(text);
      return text;
    }
    this.truncated = true;
    const { read } = new TextEncoder().encodeInto(text, new Uint8Array(this.left));
    const kept = text.slice(0, read);
    this.parts.push(kept);
    return kept;
  }
}

/** One stream's bytes, up to a number; nothing is kept. */
class CappedBytes {
  truncated = false;
  /** Bytes that came from the host. */
  bytes = 0;

  constructor(private readonly maxBytes: number) {}

  push(bytes: Buffer): Buffer {
    const room = Math.max(0, this.maxBytes - this.bytes);
    this.bytes += bytes.length;
    this.truncated = this.bytes > this.maxBytes;
    return bytes.subarray(0, room);
  }
}

/** Collects what a run prints, and gives it to the caller as it comes. */
export class OutputCollector {
  private readonly stdout: CappedText;
  private readonly stderr: CappedText;
  /** Stands for `stdout` where the caller takes bytes. */
  private readonly raw: CappedBytes | undefined;

  constructor(private readonly limits: RunLimits) {
    const max = limits.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
    const utf8 = new StringDecoder('utf8');
    this.stdout = new CappedText(max, { push: (bytes) => utf8.write(bytes), end: () => utf8.end() });
    this.stderr = new CappedText(max, new ClixmlDecoder());
    this.raw = limits.onStdoutBytes && new CappedBytes(max);
  }

  /** @throws WinRmError `consumer-failed` */
  async push({ stream, bytes }: OutputChunk): Promise<void> {
    if (stream === 'stdout' && this.raw) await this.give(this.limits.onStdoutBytes, this.raw.push(bytes));
    else if (stream === 'stdout') await this.give(this.limits.onStdout, this.stdout.push(bytes));
    else await this.give(this.limits.onStderr, this.stderr.push(bytes));
  }

  /** Gives what was held back for the rest of a character or record. @throws WinRmError `consumer-failed` */
  async end(): Promise<void> {
    await this.give(this.limits.onStdout, this.stdout.end());
    await this.give(this.limits.onStderr, this.stderr.end());
  }

  get output(): RunOutput {
    const { stdout, stderr, raw } = this;
    const { truncated, bytes } = raw ?? stdout;
    return { stdout: stdout.text, stderr: stderr.text, truncated: truncated || stderr.truncated, stdoutBytes: bytes, stderrBytes: stderr.bytes };
  }

  private async give<T extends string | Buffer>(consumer: ((piece: T) => unknown) | undefined, piece: T): Promise<void> {
    if (!consumer || piece.length === 0) return;
    try {
      await consumer(piece);
    } catch (thrown) {
      throw new WinRmError('consumer-failed', 'the consumer of the output failed', { cause: thrown });
    }
  }
}
