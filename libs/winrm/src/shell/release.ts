import type { Wire } from '../transport/wire.js';
import { meansStale } from '../wsman/answer.js';
import { deleteShell, terminateCommand } from '../wsman/bodies.js';
import type { EnvelopeContent } from '../wsman/envelope.js';
import type { Requests } from '../wsman/requests.js';

/** How long stopping may take in all, in ms. */
export const STOP_TIMEOUT_MS = 10_000;

export interface Release {
  readonly requests: Requests;
  /** The shell's own wire, which may be busy or lost. */
  readonly wire: Wire;
  /** Another authenticated connection, for when the own one cannot be used. */
  readonly dial: (signal: AbortSignal) => Promise<Wire>;
  readonly shellId: string;
  /** The command to terminate first. */
  readonly commandId: string | undefined;
}

/** Signal(terminate) for the command, then Delete for the shell. True when both were answered, or the host did not know them any more. Never throws. */
export async function release({ requests, wire, dial, shellId, commandId }: Release): Promise<boolean> {
  const signal = AbortSignal.timeout(STOP_TIMEOUT_MS);
  const isDone = async (on: Wire, content: EnvelopeContent): Promise<boolean> => {
    const answer = await requests.ask(on, content, { signal });
    return answer.kind === 'body' || meansStale(answer.fault);
  };
  const both = async (on: Wire): Promise<boolean> => {
    const terminated = commandId === undefined || await isDone(on, terminateCommand({ shellId, commandId }));
    const deleted = await isDone(on, deleteShell(shellId));
    return terminated && deleted;
  };
  if (wire.isUsable) {
    const answered = await both(wire).catch(() => undefined);
    if (answered !== undefined) return answered;
  }
  let other: Wire | undefined;
  try {
    other = await dial(signal);
    return await both(other);
  } catch {
    return false;
  } finally {
    other?.close();
  }
}
