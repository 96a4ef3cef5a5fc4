import { traceSettings, type TraceSettings } from '../tracing/trace-settings.js';
import type { Env } from './env.js';

/** What every process of ours reads. */
export interface ProcessConfig {
  /** Name of the service, for example `asset-service`. */
  readonly service: string;
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly redisUrl: string;
  readonly orchestratorUrl: string;
  readonly assetServiceUrl: string;
  /** Absolute path of the data folder, where the keys are. */
  readonly dataDir: string;
  readonly auth: 'on' | 'off';
  readonly logLevel: LogLevel;
  /** Where traces go; off when left out. */
  readonly traces?: TraceSettings;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const HTTP = ['http:', 'https:'];

/** Reads the settings that all processes share; use it inside `readConfig`. */
export function processConfig(env: Env, process: { service: string; defaultPort: number }): ProcessConfig {
  const traces = traceSettings(env);
  return {
    service: process.service,
    host: env.text('HOST', '127.0.0.1'),
    port: env.port('PORT', process.defaultPort),
    redisUrl: env.url('REDIS_URL', { schemes: ['redis:', 'rediss:'], fallback: 'redis://127.0.0.1:6379' }),
    orchestratorUrl: env.url('ORCHESTRATOR_URL', { schemes: HTTP, fallback: 'http://127.0.0.1:3005' }),
    assetServiceUrl: env.url('ASSET_SERVICE_URL', { schemes: HTTP, fallback: 'http://127.0.0.1:3002' }),
    dataDir: env.folder('OPSMESH_DATA', '.data'),
    auth: env.oneOf('OPSMESH_AUTH', ['on', 'off'], 'off'),
    logLevel: env.oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    ...(traces ? { traces } : {}),
  };
}

/** `DATABASE_URL`, which has no default: the start script or the operator gives it. */
export function databaseUrl(env: Env): string {
  return env.url('DATABASE_URL', { schemes: ['postgres:', 'postgresql:'] });
}

/** `OPSMESH_RETENTION_DAYS`: for how long what has ended is kept; null for ever. */
export function retentionDays(env: Env): number | null {
  return env.days('OPSMESH_RETENTION_DAYS', 90);
}
