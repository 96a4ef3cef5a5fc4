import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionDto, HostKeyPolicy, SshCredential } from '@opsmesh/contracts';
import ssh2, { type AnyAuthMethod, type Client as Ssh2Client, type ClientErrorExtensions } from 'ssh2';
import { gatherWrites } from './gather-writes.js';
import { judgeHostKey, orderAlgorithms, parseHostKeys, InvalidHostKeys, type KnownKey } from './host-keys.js';

const { Client, utils } = ssh2;

/** One SSH server and who logs in there. */
export interface Hop {
  readonly connection: ConnectionDto;
  readonly credential: SshCredential;
}

export interface ConnectTarget extends Hop {
  /** The way through jump hosts; a TCP connection of our own when left out. */
  readonly through?: Duplex | undefined;
  /** Socket of the SSH agent for credentials that want it; undefined where none may be used. */
  readonly agent: string | undefined;
  /** Keys learned earlier under the policy `accept-new`, beside those of the connection. */
  readonly learned: readonly KnownKey[];
}

/** Why there is no connection. `again`: nothing but the transport failed, before authentication, so another try may succeed. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';

  constructor(readonly kind: 'unreachable' | 'auth-failed' | 'hostkey-mismatch', message: string, readonly again = false) {
    super(message);
  }
}

export interface Connected {
  readonly client: Ssh2Client;
  /** Set when the policy `accept-new` took a key that was unknown. */
  readonly learned: KnownKey | undefined;
}

export interface ConnectTimes {
  /** Time for name lookup, TCP, key exchange and authentication together, in milliseconds. */
  readonly connectMs: number;
  /** Time between keepalives, in milliseconds. */
  readonly keepaliveMs: number;
}

/** Keepalives that may stay unanswered before the connection is given up. */
const KEEPALIVES_MISSED = 3;

/**
 * Opens one authenticated connection.
 * 1. The key is verified in the callback form of hostVerifier; on a mismatch the connection ends before authentication begins.
 * 2. The client has an error listener from its first to its last moment: a reset at any time is an event, never a crash.
 * @throws ConnectFailure
 */
export async function connect(target: ConnectTarget, { connectMs, keepaliveMs }: ConnectTimes): Promise<Connected> {
  const { connection } = target;
  const policy: HostKeyPolicy = connection.hostKeyPolicy ?? 'strict';
  const known = [...knownKeys(connection), ...target.learned];
  const methods = authMethods(target);
  const client = new Client();
  let phase: 'connecting' | 'authenticating' = 'connecting';
  let refusal: string | undefined;
  let learned: KnownKey | undefined;

  await new Promise<void>((ok, bad) => {
    const failed = (kind: ConnectFailure['kind'], message: string, again = false) => {
      clearTimeout(timer);
      bad(new ConnectFailure(kind, message, again));
      client.destroy();
    };
    const timer = setTimeout(() => failed('unreachable', `no SSH connection within ${connectMs} ms`), connectMs);
    client.on('handshake', () => { phase = 'authenticating'; });
    client.on('ready', () => { clearTimeout(timer); ok(); });
    client.on('change password', () => failed('auth-failed', 'the password has expired'));
    client.on('error', (error: Error & ClientErrorExtensions & { code?: unknown }) => {
      if (refusal !== undefined) failed('hostkey-mismatch', refusal);
      else if (phase === 'authenticating') failed(error.level === 'client-authentication' ? 'auth-failed' : 'unreachable', error.message);
      else failed('unreachable', error.message, isTransient(error));
    });
    client.on('close', () => failed('unreachable', `the host closed the connection while ${phase}`, phase === 'connecting'));
    try {
      client.connect({
        sock: target.through ?? tcpTo(connection),
        username: target.credential.username,
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: KEEPALIVES_MISSED,
        algorithms: { serverHostKey: orderAlgorithms(known) },
        hostVerifier: (key: Buffer, verify: (valid: boolean) => void): void => {
          const verdict = judgeHostKey(key, known, policy);
          if (verdict.accept) {
            if (verdict.learned) {
              learned = { type: key.toString('latin1', 4, 4 + key.readUInt32BE(0)), blob: key.toString('base64'), revoked: false };
              known.push(learned);
            }
          } else refusal = verdict.reason;
          verify(verdict.accept);
        },
        authHandler: (left: string[] | null) => {
          let next = methods.shift();
          while (next !== undefined && left !== null && !left.includes(next.type)) next = methods.shift();
          return next ?? false;
        },
      } as Parameters<Ssh2Client['connect']>[0]);
    } catch (error) {
      failed('unreachable', (error as Error).message);
    }
  });
  return { client, learned };
}

/** Handshake and exec are short messages in turn; with Nagle's algorithm each may cost the peer's delayed ACK (40 ms). */
function tcpTo({ address, port }: ConnectionDto): Duplex {
  return gatherWrites(createConnection({ host: address, port, noDelay: true }));
}

function knownKeys(connection: ConnectionDto): KnownKey[] {
  try {
    return parseHostKeys(connection.hostKey ?? '', { names: [connection.address, connection.hostname], port: connection.port });
  } catch (error) {
    if (error instanceof InvalidHostKeys) throw new ConnectFailure('hostkey-mismatch', error.message);
    throw error;
  }
}

/** Agent and key first, then password, the latter also for servers that ask for it by keyboard-interactive (RFC 4256). */
function authMethods({ credential, agent }: ConnectTarget): AnyAuthMethod[] {
  const { username, password, privateKey, passphrase } = credential;
  const methods: AnyAuthMethod[] = [];
  if (credential.useAgent === true) {
    if (agent === undefined) throw new ConnectFailure('auth-failed', 'the credential wants the SSH agent of the worker, whose settings do not allow it (OPSMESH_SSH_AGENT)');
    methods.push({ type: 'agent', username, agent });
  }
  if (privateKey !== undefined) {
    const key = utils.parseKey(privateKey, passphrase);
    if (key instanceof Error || !(Array.isArray(key) ? key[0] as typeof key : key).isPrivateKey()) throw new ConnectFailure('auth-failed', 'the private key of the credential cannot be read');
    methods.push({ type: 'publickey', username, key: privateKey, ...(passphrase === undefined ? {} : { passphrase }) });
  }
  if (password !== undefined) {
    methods.push({ type: 'password', username, password });
    methods.push({
      type: 'keyboard-interactive', username,
      prompt: (...[, , , prompts, finish]) => finish(prompts.map((p) => (p.echo === true ? '' : password))),
    });
  }
  return methods;
}

/** Whether a failed transport may work a moment later: the host was there and dropped us, as sshd does when it has too many unauthenticated. */
function isTransient(error: { level?: string; code?: unknown }): boolean {
  return error.level === 'protocol' || error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
