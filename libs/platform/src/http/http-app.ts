import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet, { type HelmetOptions } from 'helmet';
import type { Logger } from 'pino';
import type { ProcessConfig } from '../config/process-config.js';
import { StartError } from '../config/start-error.js';
import { openKeys, type Keys } from '../keys/keys.js';
import { createLogger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { PlatformModule } from '../platform.module.js';
import { isTracing } from '../tracing/spans.js';
import { startTracing } from '../tracing/start-tracing.js';
import { traceRequests } from '../tracing/trace-requests.js';
import { bodyParsing, DEFAULT_BODY_LIMITS, type BodyLimits } from './body-parsing.js';
import { DtoPipe } from './dto.pipe.js';
import { isLoopback, localOnly } from './local-only.js';
import { ProblemFilter } from './problem.filter.js';

export interface HttpAppOptions {
  readonly config: ProcessConfig;
  /** Default: the keys of the data folder. */
  readonly keys?: Keys;
  /** Default: a logger of the service at the config's level. */
  readonly log?: Logger;
  /** Who checks API tokens; default `remote` (ask the orchestrator). `own`: a module of the app provides TOKEN_VERIFIER. */
  readonly tokens?: 'remote' | 'own';
  /** What differs from the default limits, for example `{ rawPaths: ['/internal/blobs'] }`. */
  readonly body?: Partial<BodyLimits>;
  /** What differs from our content security policy, by directive. */
  readonly contentSecurityPolicy?: Record<string, string[]>;
}

export interface HttpApp {
  readonly app: NestExpressApplication;
  readonly keys: Keys;
  readonly log: Logger;
  /**
   * Serves; gives the port, which the system chose when the config says 0.
   * @throws StartError when the port is in use or the host can't be bound.
   */
  listen(): Promise<number>;
  /** Ends requests and providers in order. Answers that still stream after 2 s are cut off. */
  close(): Promise<void>;
}

/**
 * A Nest app over Express as all our processes serve HTTP: problem documents, checked DTOs, body limits, security headers, our logger.
 * @throws StartError when auth is off and the host is not loopback.
 */
export async function createHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<HttpApp> {
  const { config } = options;
  const log = options.log ?? createLogger(config.service, { level: config.logLevel });
  const keys = options.keys ?? openKeys(config.dataDir);
  refuseOpenDoor(config, log);
  if (config.traces) await startTracing(config.service, config.traces, log);
  const root = PlatformModule.around(module, { config, keys, log, tokens: options.tokens ?? 'remote' });
  const app = await NestFactory.create<NestExpressApplication>(root, { bodyParser: false, abortOnError: false, logger: new NestLogger(log) });
  app.disable('x-powered-by');
  if (isTracing()) app.use(traceRequests());
  app.use(helmet(headers(options.contentSecurityPolicy ?? {})));
  if (config.auth === 'off') app.use(localOnly());
  app.use(bodyParsing({ ...DEFAULT_BODY_LIMITS, ...options.body }));
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalPipes(new DtoPipe());
  return { app, keys, log, listen: () => listen(app, config), close: () => app.close() };
}

function refuseOpenDoor({ auth, host }: ProcessConfig, log: Logger): void {
  if (auth === 'on') return;
  if (!isLoopback(host)) throw new StartError(`OPSMESH_AUTH=off serves this machine only, but HOST is ${host}: set OPSMESH_AUTH=on, or HOST=127.0.0.1`);
  log.warn('AUTHENTICATION IS OFF: everybody on this machine may do everything as tenant "default"; set OPSMESH_AUTH=on to ask for tokens');
}

/** No HSTS and no upgrade to https: without a proxy that speaks TLS before us they would lock people out. */
function headers(csp: Record<string, string[]>): HelmetOptions {
  const directives = {
    'default-src': ["'self'"], 'img-src': ["'self'", 'data:'], 'style-src': ["'self'", "'unsafe-inline'"], 'object-src': ["'none'"], 'base-uri': ["'self'"],
    'form-action': ["'self'"], 'frame-ancestors': ["'none'"], ...csp,
  };
  return { contentSecurityPolicy: { useDefaults: false, directives }, strictTransportSecurity: false };
}

async function listen(app: NestExpressApplication, { host, port }: ProcessConfig): Promise<number> {
  const server: Server = app.getHttpServer();
  try {
    await app.listen(port, host);
  } catch (e) {
    await app.close();
    const code = (e as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') throw new StartError(`port ${port} on ${host} is in use: stop what uses it or set PORT`);
    if (code === 'EACCES') throw new StartError(`port ${port} on ${host} may not be used by this account: set PORT to 1024 or more`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') throw new StartError(`${host} is no address of this machine: set HOST`);
    throw e;
  }
  return (server.address() as AddressInfo).port;
}
