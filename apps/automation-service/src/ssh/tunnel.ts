import type { Duplex } from 'node:stream';
import type { ConnectionDto } from '@opsmesh/contracts';
import { ConnectFailure } from './connect-failure.js';
import type { ConnectionLease } from './connection-lease.js';

/** A way through a jump host; its lease of the jump host's connection ends with `close`. */
export interface Tunnel {
  readonly stream: Duplex;
  /** May be called again. */
  close(): void;
}

export interface TunnelOptions {
  readonly hop: ConnectionDto;
  readonly to: ConnectionDto;
  /** Time for the jump host to reach the target, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Lets a jump host open a TCP connection to a target (`direct-tcpip`, RFC 4254, 7.2) and takes over the lease of its connection.
 * @throws ConnectFailure `unreachable`
 */
export async function openTunnel(lease: ConnectionLease, { hop, to, timeoutMs }: TunnelOptions): Promise<Tunnel> {
  const failure = (why: string) => new ConnectFailure('unreachable', `jump host ${hop.hostname} did not reach ${to.address} port ${to.port}: ${why}`, !lease.alive());
  try {
    const stream = await new Promise<Duplex>((ok, bad) => {
      const lost = () => finish(() => bad(failure('its connection ended')));
      const timer = setTimeout(() => finish(() => bad(failure(`no answer within ${timeoutMs} ms`))), timeoutMs);
      let over = false;
      const finish = (settle: () => void) => {
        over = true;
        clearTimeout(timer);
        lease.client.off('close', lost);
        settle();
      };
      lease.client.on('close', lost);
      try {
        lease.client.forwardOut('127.0.0.1', 0, to.address, to.port, (error, channel) => {
          if (over) channel?.close();
          else if (error) finish(() => bad(failure(error.message)));
          else finish(() => ok(channel));
        });
      } catch (error) {
        finish(() => bad(failure((error as Error).message)));
      }
    });
    stream.on('error', () => undefined);
    return { stream, close: () => { stream.destroy(); lease.release('keep'); } };
  } catch (error) {
    lease.release(lease.alive() ? 'keep' : 'broken');
    throw error;
  }
}
