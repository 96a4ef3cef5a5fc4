// The same command on every host, N hosts at a time: by a bare ssh2 loop, and by the product's SSH client.
import ssh2 from 'ssh2';
import { SshClient } from '../apps/automation-service/dist/ssh/ssh-client.js';
import { DEFAULT_POOL } from '../apps/automation-service/dist/ssh/connection-pool.js';
import { DEFAULT_HOST_LIMITS } from '../apps/automation-service/dist/ssh/host-limits.js';

export const COMMAND = 'echo done';
/** What the host has to start for the product: a POSIX shell whatever the login shell, with a mark in its environment. */
export const SAME_SHELL = `exec /bin/sh -c 'export OPSMESH_EXEC=bench; ${COMMAND}'`;

/** Calls `one` for each host, `atOnce` at a time; milliseconds of each call, and of all. */
export async function overHosts(hosts, atOnce, one) {
  const times = [];
  const waiting = [...hosts];
  const begin = performance.now();
  await Promise.all(Array.from({ length: Math.min(atOnce, hosts.length) }, async () => {
    for (let host = waiting.shift(); host; host = waiting.shift()) {
      const from = performance.now();
      await one(host);
      times.push(performance.now() - from);
    }
  }));
  return { times, ms: performance.now() - begin };
}

/** ssh2 with the host key compared and the exit code read, and nothing else. */
export class BareLoop {
  clients = new Map();

  /** Over a new connection, which is kept. */
  async fresh(host) {
    const client = new ssh2.Client();
    await new Promise((ok, bad) => {
      client.on('ready', ok).on('error', bad).on('connect', () => client.setNoDelay(true));
      client.connect({ host: host.ip, port: host.port, username: host.username, password: host.password, hostVerifier: (key, verify) => verify(key.toString('base64') === host.hostKey.split(' ')[1]) });
    });
    this.clients.set(host.hostname, client);
    await this.kept(host);
  }

  kept(host, command = COMMAND) {
    return new Promise((ok, bad) => {
      this.clients.get(host.hostname).exec(command, (error, channel) => {
        if (error) return bad(error);
        let out = '';
        let code;
        channel.on('data', (d) => { out += d; }).on('exit', (c) => { code = c; }).on('close', () => (code === 0 && out === 'done\n' ? ok() : bad(new Error(`exit ${code}: ${out}`))));
        channel.stderr.resume();
        return undefined;
      });
    });
  }

  close() {
    for (const client of this.clients.values()) client.end();
  }
}

/** The product's client, on its own: no jobs, no credentials to fetch. */
export class ClientLoop {
  ssh = new SshClient({ pool: DEFAULT_POOL, limits: { ...DEFAULT_HOST_LIMITS, global: 1000 } });

  async run(host) {
    const outcome = await this.ssh.run({
      tenantId: 'bench', connection: { assetId: host.hostname, hostname: host.hostname, address: host.ip, protocol: 'ssh', port: host.port, credentialId: 'bench', hostKey: host.hostKey },
      credential: { kind: 'ssh', username: host.username, password: host.password }, command: { script: COMMAND }, maxOutputBytes: 1_048_576,
      deadline: performance.now() + 120_000, signal: new AbortController().signal, beforeStart: () => undefined,
    });
    if (outcome.kind !== 'ok' || outcome.output.stdout !== 'done\n') throw new Error(JSON.stringify(outcome));
  }

  close() {
    this.ssh.pool.close();
  }
}
