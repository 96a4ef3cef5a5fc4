import { createSocket } from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';

const listen = (port, host) => new Promise((ok, bad) => {
  const server = createServer().once('error', bad).listen(port, host, () => ok(server));
});
const close = (server) => new Promise((ok) => server.close(ok));

/** A TCP port of 127.0.0.1 that nobody listens on now, and that no other call gives, in this process or another, until this one ends. */
export async function freePort() {
  for (;;) {
    const server = await listen(0, '127.0.0.1');
    const { port } = server.address();
    const ours = await reserve(port);
    await close(server);
    if (ours) return port;
  }
}

/** Holds the UDP port of the same number: that keeps other pickers away, and nobody from listening on the TCP port, at whatever address. @returns whether it was free */
function reserve(port) {
  const socket = createSocket('udp4').unref();
  return new Promise((ok, bad) => socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    socket.close();
    if (error.code === 'EADDRINUSE') ok(false);
    else bad(error);
  }).bind(port, '127.0.0.1', () => ok(true)));
}

/** Whether host:port can't be listened on: somebody does already, or we may not. */
export async function portInUse(port, host = '127.0.0.1') {
  try {
    await close(await listen(port, host));
    return false;
  } catch {
    return true;
  }
}

/** Who listens on a TCP port, as `program argument (pid N)`; undefined when it can't be seen (another user's process, no /proc). */
export function whoListens(port) {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningSockets(table, port)));
  for (const pid of inodes.size > 0 ? readdirSync('/proc').filter((d) => /^\d+$/.test(d)) : []) {
    try {
      const owns = readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1]));
      if (owns) return `${programOf(pid)} (pid ${pid})`;
    } catch { /* ended, or not ours to look into */ }
  }
  return undefined;
}

function programOf(pid) {
  const [program, argument = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return `${basename(program)} ${argument.slice(0, 80)}`.trim();
}

function link(path) {
  try { return readlinkSync(path); } catch { return ''; }
}

/** Inodes of the sockets in state LISTEN (0A) on a port, from /proc/net (proc(5)). */
function listeningSockets(table, port) {
  try {
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    return readFileSync(`/proc/net/${table}`, 'utf8').split('\n').map((l) => l.trim().split(/\s+/))
      .filter((f) => f[1]?.endsWith(`:${hex}`) && f[3] === '0A').map((f) => f[9]);
  } catch {
    return [];
  }
}
