import { connect } from 'node:net';
import type { PortCheckRowDto, PortCheckState } from './port-check.dto.js';

const STATES: Readonly<Record<string, PortCheckState>> = { ECONNREFUSED: 'closed', ETIMEDOUT: 'filtered', EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable', EACCES: 'unreachable', EPERM: 'unreachable', ECONNRESET: 'closed' };

/**
 * Opens one TCP connection and closes it at once: nothing is sent over it and nothing read.
 * @returns undefined when it was aborted first
 * @throws the system's error when it says nothing of the port (out of files, no such address family)
 */
export function checkPort(to: { readonly address: string; readonly port: number }, timeoutMs: number, signal: AbortSignal): Promise<PortCheckRowDto | undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(undefined);
    const begun = performance.now();
    const socket = connect({ host: to.address, port: to.port });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const row = (state: PortCheckState, reason?: string): PortCheckRowDto => ({
      port: to.port, state, connectMs: state === 'open' || state === 'closed' ? Math.round((performance.now() - begun) * 1000) / 1000 : null, ...(reason === undefined ? {} : { reason }),
    });
    const onAbort = (): void => end(() => resolve(undefined));
    const timer = setTimeout(() => end(() => resolve(row('filtered', 'no answer'))), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => end(() => resolve(row('open'))));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const state = STATES[error.code ?? ''];
      end(() => (state ? resolve(row(state, error.code)) : reject(error)));
    });
  });
}
