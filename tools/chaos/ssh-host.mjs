import { createServer } from 'node:net';
import ssh2 from 'ssh2';
import { newSshKey } from '../../libs/testing/dist/fleet/simulated-host.js';

const DF = ['Filesystem         1-blocks        Used   Available Capacity Mounted on', '/dev/chaos  40000000000 10000000000 30000000000      25% /', ''].join('\n');

/**
 * An SSH server that is one host of a chaos run. It has no shell: it knows the way in which the automation service hands over a script
 * (apps/automation-service/src/ssh/remote-program.ts) and of scripts only what plans of a chaos run make of `run-command` and `disk-usage`, so that thousands of commands cost little.
 *
 * 1. `mark <id> hold <ms>` and `df ... /<id>` are side effects: they are in the ledger before anything else happens.
 * 2. A command outlives its connection.
 */
export class SshHost {
  #ledger;
  #key = newSshKey().private;
  #ssh;
  #net;
  #sockets = new Set();
  /** Timers of commands that are held, by the nonce of their exec request. */
  #held = new Map();

  /** @param {{ hostname: string, address: string, username: string, password: string }} spec */
  constructor(spec, ledger) {
    this.spec = spec;
    this.#ledger = ledger;
    this.#ssh = new ssh2.Server({ hostKeys: [this.#key], ident: 'opsmesh-chaos-host' }, (client) => this.#serve(client));
    this.#net = createServer((socket) => {
      this.#sockets.add(socket.setNoDelay(true));
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      this.#ssh.injectSocket(socket);
    });
  }

  async listen() {
    await new Promise((ok, bad) => this.#net.once('error', bad).listen(0, this.spec.address, ok));
    return this;
  }

  /** As the inventory needs it. @returns {import('../mesh.d.mts').FleetHost} */
  get facts() {
    const key = /** @type {import('ssh2').ParsedKey} */ (ssh2.utils.parseKey(this.#key));
    const { hostname, address: ip, username, password } = this.spec;
    return { hostname, ip, username, password, port: this.#net.address().port, protocol: 'ssh', tags: ['chaos'], os: 'linux', environment: 'test', location: 'loopback', hostKey: `${key.type} ${key.getPublicSSH().toString('base64')}` };
  }

  /** Resets every connection; commands go on. */
  dropConnections() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close() {
    for (const timer of this.#held.values()) clearTimeout(timer);
    this.dropConnections();
    await new Promise((ok) => this.#net.close(ok));
  }

  #serve(client) {
    const { username, password } = this.spec;
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method === 'password' && context.username === username && context.password === password) context.accept();
      else context.reject(['password']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (take, _refuse, { command }) => this.#exec(take(), /OPSMESH_EXEC=([0-9a-f]+)/.exec(command)?.[1]));
    });
  }

  /** @param {string | undefined} nonce undefined for the service's own scripts, which only stop commands */
  #exec(channel, nonce) {
    let text = '';
    channel.on('error', () => undefined).on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\n');
      if (end < 0) return;
      channel.removeAllListeners('data').resume();
      if (nonce !== undefined) channel.write(`opsmesh-${nonce}\n`);
      this.#run(channel, text.slice(0, end), nonce);
    });
    if (nonce !== undefined) channel.stderr.write(`opsmesh-${nonce} 1 1\n`);
  }

  #run(channel, line, nonce) {
    // Ids hold no character that a shell would quote.
    const script = line.replaceAll(/['\\]/g, '');
    const [, marked, hold] = /\bmark ([\w.-]+) hold (\d+)/.exec(script) ?? [];
    const [, asked] = /\bdf -P -B1 -- \/([\w.-]+)/.exec(script) ?? [];
    if (marked !== undefined) {
      this.#ledger.add(marked, this.spec.hostname);
      this.#held.set(nonce, setTimeout(() => { this.#held.delete(nonce); end(channel, 0, 'done\n'); }, Number(hold)));
    } else if (asked !== undefined) {
      this.#ledger.add(asked, this.spec.hostname);
      end(channel, 0, DF);
    } else if (nonce === undefined) {
      const stopped = /OPSMESH_EXEC=([0-9a-f]+)/.exec(script)?.[1];
      clearTimeout(this.#held.get(stopped));
      this.#held.delete(stopped);
      end(channel, 0, 'gone\n');
    } else end(channel, 127, '');
  }
}

function end(channel, code, stdout) {
  if (!channel.writable) return;
  if (stdout !== '') channel.write(stdout);
  channel.exit(code);
  channel.end();
}
