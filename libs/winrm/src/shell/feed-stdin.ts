import { setTimeout as delay } from 'node:timers/promises';
import type { Wire } from '../transport/wire.js';
import { faultError, meansAskAgain, meansStale } from '../wsman/answer.js';
import { type CommandRef, sendInput } from '../wsman/bodies.js';
import type { Requests } from '../wsman/requests.js';

/** Bytes in one Send; in base64 they fit the smallest default envelope of Windows (150 KB). */
const CHUNK_BYTES = 65_536;
/** ERROR_BUSY: an earlier Send is still being written. */
const BUSY = 170;
const BUSY_DELAY_MS = 1_000;
const BUSY_ATTEMPTS = 10;
/** ERROR_BROKEN_PIPE and ERROR_NO_DATA as HRESULT: the program reads no more. */
const PIPE_CLOSED: ReadonlySet<number> = new Set([2147942509, 2147942632]);

export interface Feed {
  readonly requests: Pick<Requests, 'ask'>;
  readonly wire: Wire;
  readonly command: CommandRef;
  readonly input: Buffer;
  readonly signal: AbortSignal;
  /** Told of each piece that the program takes. */
  readonly onTaken?: () => void;
}

/**
 * Sends everything, then the end of input. A program that does not read it all is no failure.
 * @throws WinRmError; the signal's reason when it is aborted.
 */
export async function feedStdin({ requests, wire, command, input, signal, onTaken }: Feed): Promise<void> {
  for (let at = 0; at === 0 || at < input.length; at += CHUNK_BYTES) {
    const chunk = sendInput(command, input.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= input.length);
    if (!(await isTaken(() => requests.ask(wire, chunk, { signal }), signal))) return;
    onTaken?.();
  }
}

/** False when the program takes no more input. */
async function isTaken(send: () => ReturnType<Requests['ask']>, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send();
    // After an operation timeout the host goes on writing what it has taken.
    if (answer.kind === 'body' || meansAskAgain(answer.fault)) return true;
    const { fault } = answer;
    if (meansStale(fault) || (fault.code !== undefined && PIPE_CLOSED.has(fault.code))) return false;
    if (fault.code !== BUSY || attempt === BUSY_ATTEMPTS) throw faultError(fault);
    await delay(BUSY_DELAY_MS, undefined, { signal });
  }
}
