import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionDto, HostKeyPolicy, SshCredential } from '@opsmesh/contracts';
import { InvalidHostKeys, parseHostKeys, type KnownKey } from '@opsmesh/platform';
import ssh2, { type Client as Ssh2Client, type ClientErrorExtensions } from 'ssh2';
import { ConnectFailure } from './connect-failure.js';
import { gatherWrites } from './gather-writes.js';
import { judgeHostKey, orderAlgorithms } from './host-keys.js';
import { authHandlerOf } from './login.js';

const { Client } = ssh2;

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
  /** Key that was learned earlier; it counts only while the policy is `accept-new` and the connection has no valid key of its own. */
  readonly learned: KnownKey | undefined;
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
  const known = knownKeys(connection);
  if (target.learned && policy === 'accept-new' && known.every((k) => k.revoked)) known.push(target.learned);
  const client = new Client();
  let phase: 'connecting' | 'authenticating' = 'connecting';
  let refusal: string | undefined;
  let learned: KnownKey | undefined;

  let refuse: (why: string) => void = () => {};
  const authHandler = authHandlerOf({ credential: target.credential, agent: target.agent, refuse: (why) => refuse(why) });

  await new Promise<void>((ok, bad) => {
    refuse = (why) => failed('auth-failed', why);
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
        authHandler,
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

/** Whether a failed transport may work a moment later: the host was there and dropped us, as sshd does when it has too many unauthenticated. */
function isTransient(error: { level?: string; code?: unknown }): boolean {
  return error.level === 'protocol' || error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
