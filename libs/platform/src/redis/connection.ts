import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { limitedErrorLog } from '../logging/limited-error-log.js';

/** What ioredis and BullMQ agree on; their own option types don't fit each other. */
export interface RedisConnection {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly servername: string };
  /** Pause before the next attempt to connect, in milliseconds. */
  readonly retryStrategy: (times: number) => number;
}

/** Connection options of a `redis://` or `rediss://` (TLS) URL; its path is the database's number. With them a client reconnects for ever, at most 1 s apart: BullMQ's own pauses grow to 20 s. */
export function redisConnection(url: string): RedisConnection {
  const u = new URL(url);
  const host = u.hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: Number(u.port || 6379),
    db: Number(u.pathname.slice(1) || 0),
    ...(u.username && { username: decodeURIComponent(u.username) }),
    ...(u.password && { password: decodeURIComponent(u.password) }),
    ...(u.protocol === 'rediss:' && { tls: { servername: host } }),
    retryStrategy,
  };
}

/** Longest pause between two attempts to connect, in milliseconds. */
const RECONNECT_MS = 1000;

/** The options of {@link redisConnection} as BullMQ's workers and blocking readers need them: commands wait for the server. */
export function patientRedisConnection(url: string): RedisConnection & { maxRetriesPerRequest: null } {
  return { ...redisConnection(url), maxRetriesPerRequest: null };
}

export interface RedisClientOptions {
  readonly log: Logger;
  /** What differs from our defaults, for example `{ maxRetriesPerRequest: null }` for blocking reads. */
  readonly extra?: Omit<RedisOptions, 'protocol' | 'replyMapping'>;
}

/** A client that reconnects for ever, at most 1 s apart, and logs trouble at most every 5 s. By default a command fails after 3 lost connections. */
export function createRedis(url: string, { log, extra = {} }: RedisClientOptions): Redis {
  const options: Omit<RedisOptions, 'protocol' | 'replyMapping'> = { ...redisConnection(url), maxRetriesPerRequest: 3, ...extra };
  const redis = new Redis(options);
  redis.on('error', limitedErrorLog(log, 'redis'));
  return redis;
}

/**
 * Ends a client for good, at once or, while it waits to reconnect, after that attempt (at most 1 s): only then does ioredis fail the commands
 * that wait. `disconnect()` in that moment would leave them waiting for ever.
 */
export function endRedis(redis: Redis): void {
  redis.options.retryStrategy = () => null;
  if (redis.status === 'reconnecting') redis.once('connect', () => { redis.disconnect(); });
  else redis.disconnect();
}

function retryStrategy(times: number): number {
  return Math.min(times * 50, RECONNECT_MS);
}
