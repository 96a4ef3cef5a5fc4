import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** Time a host has to answer a good-bye, in milliseconds. */
const GRACE_MS = 2000;

/** Ends a connection. A host that does not answer (the link is gone) would keep the socket, and with it this process, for minutes: it is closed for good then. */
export function hangUp(client: Client, graceMs = GRACE_MS): void {
  // Its own `destroy` does nothing once the good-bye was said.
  const timer = setTimeout(() => { (client as unknown as { readonly _sock?: Duplex })._sock?.destroy(); }, graceMs).unref();
  client.once('close', () => { clearTimeout(timer); });
  client.end();
}
