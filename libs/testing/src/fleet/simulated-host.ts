import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel, type Session } from 'ssh2';
import type { Faults, HostSpec } from './host-spec.js';

const { Server, utils } = ssh2;

/** What a simulated host counts. */
export interface HostCounters {
  /** TCP connections taken. */
  connections: number;
  /** Authentication requests that carried a credential. */
  credentials: number;
  /** Commands started. */
  commands: number;
  /** Commands that run now. */
  running: number;
  /** Most commands that ran at once. */
  peak: number;
}

export interface HostSurroundings {
  readonly home: string;
  readonly environment: Record<string, string>;
  /** File descriptor of the side-effect ledger, open for appending. */
  readonly ledger: number;
  /** User and group to run commands as, when we may choose (we are root): one that owns nothing. */
  readonly runAs: { readonly uid: number; readonly gid: number } | undefined;
  /** Told when a command begins and ends. */
  onRunning(change: 1 | -1): void;
}

/**
 * An SSH server that is one simulated Linux host: it says so in its banner and its facts.
 * Commands run in a real /bin/sh in the host's own empty folder, with only the fleet's programs on PATH, each in a process group of its own,
 * and outlive their connection, as with sshd.
 */
export class SimulatedHost {
  readonly faults: Faults = {};
  readonly counters: HostCounters = { connections: 0, credentials: 0, commands: 0, running: 0, peak: 0 };
  private readonly net: NetServer;
  private readonly sockets = new Set<Socket>();
  private readonly children = new Set<ChildProcess>();
  private key: string;
  private ssh: InstanceType<typeof Server>;

  constructor(readonly spec: HostSpec, private readonly surroundings: HostSurroundings) {
    this.key = spec.hostKey ?? newSshKey().private;
    this.ssh = this.newServer();
    this.net = createServer((socket) => this.connected(socket));
  }

  /** Public host key as an OpenSSH line. */
  get hostKey(): string {
    const key = parsed(this.key);
    return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  }

  get address(): string {
    return this.spec.address;
  }

  get port(): number {
    const bound = this.net.address();
    return bound !== null && typeof bound === 'object' ? bound.port : this.spec.port ?? DEFAULT_PORT;
  }

  async listen(): Promise<void> {
    if (this.spec.refusesConnections) return;
    await new Promise<void>((ok, bad) => {
      this.net.once('error', bad).listen(this.spec.port ?? DEFAULT_PORT, this.spec.address, ok);
    });
  }

  /** From now on the host presents another key. */
  changeHostKey(): void {
    this.key = newSshKey().private;
    this.ssh = this.newServer();
  }

  /** Resets every connection; commands run on. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Kills every command that runs. */
  killCommands(): void {
    for (const child of this.children) signalGroup(child, 'SIGKILL');
  }

  /** Ends the server and every command. */
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.killCommands();
    if (this.net.listening) await new Promise<void>((ok) => { this.net.close(() => ok()); });
  }

  private newServer(): InstanceType<typeof Server> {
    return new Server({ hostKeys: [this.key], ident: 'opsmesh-simulated-host', banner: `opsmesh: ${this.spec.hostname} is a simulated host\n` }, (client) => this.authenticate(client));
  }

  private connected(socket: Socket): void {
    this.counters.connections++;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    const { ssh } = this;
    const delay = this.faults.bannerDelayMs ?? 0;
    if (delay === 0) ssh.injectSocket(socket);
    else setTimeout(() => { if (!socket.destroyed) ssh.injectSocket(socket); }, delay).unref();
  }

  private authenticate(client: Connection): void {
    let sessions = 0;
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method !== 'none') this.counters.credentials++;
      if (!this.faults.refuseAuth && context.username === this.spec.username && this.allows(context)) context.accept();
      else context.reject(['publickey', 'password']);
    });
    client.on('session', (accept, reject) => {
      if (sessions >= (this.spec.maxSessions ?? 10)) return void reject();
      sessions++;
      const session = accept();
      session.on('close', () => { sessions--; });
      this.serve(session, client);
    });
  }

  private allows(context: AuthContext): boolean {
    if (context.method === 'password') return this.spec.password !== undefined && context.password === this.spec.password;
    if (context.method !== 'publickey' || this.spec.publicKey === undefined) return false;
    const allowed = parsed(this.spec.publicKey);
    if (!allowed.getPublicSSH().equals(context.key.data)) return false;
    return context.signature === undefined || context.blob === undefined || allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
  }

  private serve(session: Session, client: Connection): void {
    let child: ChildProcess | undefined;
    session.on('signal', (accept, _reject, info) => {
      if (child) signalGroup(child, `SIG${info.name}` as NodeJS.Signals);
      accept?.();
    });
    session.on('exec', (accept, _reject, info) => {
      const channel = accept();
      const { execDelayMs = 0, dropAfterExecMs, noShell } = this.faults;
      const begin = () => { child = this.start(noShell ? 'echo "This account is currently not available."; exit 1' : info.command, channel); };
      if (execDelayMs > 0) setTimeout(begin, execDelayMs);
      else begin();
      if (dropAfterExecMs !== undefined) setTimeout(() => { socketOf(client)?.resetAndDestroy(); }, dropAfterExecMs).unref();
    });
  }

  private start(command: string, channel: ServerChannel): ChildProcess {
    const { home, environment, ledger, runAs } = this.surroundings;
    const options = { cwd: home, env: environment, detached: true, ...runAs };
    const child = spawn('/bin/sh', ['-c', command], { ...options, stdio: ['pipe', 'pipe', 'pipe', ledger] }) as ChildProcessByStdio<Writable, Readable, Readable>;
    this.children.add(child);
    this.counters.commands++;
    this.counters.peak = Math.max(this.counters.peak, ++this.counters.running);
    this.surroundings.onRunning(1);
    channel.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on('error', () => { channel.exit(127); channel.end(); });
    child.on('exit', (code, signal) => {
      this.counters.running--;
      this.surroundings.onRunning(-1);
      if (code !== null) channel.exit(code);
      else channel.exit((signal ?? 'SIGTERM').slice(3));
    });
    child.on('close', () => {
      this.children.delete(child);
      channel.end();
    });
    return child;
  }
}

const DEFAULT_PORT = 22022;

/**
 * A new Ed25519 key pair in OpenSSH's format, encrypted where a passphrase is given.
 * ssh2 1.17 drops the zero bytes that a public key begins with, and then cannot read the pair (one of 256): such a pair is made anew.
 */
export function newSshKey(passphrase?: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = passphrase === undefined ? utils.generateKeyPairSync('ed25519') : utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 1 });
    if (!(utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}

function parsed(key: string): ParsedKey {
  const result = utils.parseKey(key);
  if (result instanceof Error) throw result;
  return Array.isArray(result) ? result[0] as ParsedKey : result;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** ssh2 gives no public way from a connection to its socket. */
function socketOf(client: Connection): Socket | undefined {
  return (client as unknown as { _sock?: Socket })._sock;
}
