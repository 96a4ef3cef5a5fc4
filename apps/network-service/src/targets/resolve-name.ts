import { lookup } from 'node:dns/promises';
import { ToolFailure } from '@opsmesh/contracts';
import { failureOfAbort } from '../process/abort.js';

/** All addresses of a host name, in the resolver's order, at least one. */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<string[]>;

/**
 * The system's resolver (hosts file, then DNS).
 * @throws ToolFailure `target-unknown` for a name without addresses, `service-unavailable` when the resolver does not answer
 */
export const resolveBySystem: ResolveName = async (name, signal) => {
  const found = lookup(name, { all: true, order: 'verbatim' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTFOUND') throw new ToolFailure('target-unknown', `the name ${name} has no address`, { cause: 'ENOTFOUND' });
    throw new ToolFailure('service-unavailable', `the name ${name} could not be resolved`, { cause: error.code ?? error.message });
  });
  return (await untilAborted(found, signal)).map((entry) => entry.address);
};

/** getaddrinfo cannot be stopped: an abort stops the waiting, and its late answer is dropped. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  if (signal.aborted) throw failureOfAbort(signal);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(failureOfAbort(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
