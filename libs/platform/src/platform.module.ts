import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { RemoteTokenVerifier } from './auth/remote-token-verifier.js';
import { TOKEN_VERIFIER } from './auth/token-verifier.js';
import type { ProcessConfig } from './config/process-config.js';
import { ServiceClient } from './http/service-client.js';
import { ConnectionEnd } from './http/connection-end.js';
import type { Keys } from './keys/keys.js';
import { KEYS, LOGGER, PROCESS_CONFIG } from './platform-tokens.js';

export interface PlatformParts {
  readonly config: ProcessConfig;
  readonly keys: Keys;
  readonly log: Logger;
  /** `remote`: API tokens are checked by asking the orchestrator. `own`: the app's modules provide TOKEN_VERIFIER. */
  readonly tokens: 'remote' | 'own';
}

/** Gives every module PROCESS_CONFIG, KEYS, LOGGER and, unless the app has its own, TOKEN_VERIFIER. */
@Module({})
export class PlatformModule {
  /** @param app the process' own module, imported along. */
  static around(app: Type | DynamicModule, parts: PlatformParts): DynamicModule {
    const { config, keys, log } = parts;
    const verifier = { provide: TOKEN_VERIFIER, useFactory: () => new RemoteTokenVerifier(new ServiceClient({ keys, from: config.service, to: 'orchestrator', url: config.orchestratorUrl })) };
    const providers = [{ provide: PROCESS_CONFIG, useValue: config }, { provide: KEYS, useValue: keys }, { provide: LOGGER, useValue: log }, ...(parts.tokens === 'remote' ? [verifier] : [])];
    return { module: PlatformModule, global: true, imports: [app], providers: [...providers, ConnectionEnd], exports: providers.map((p) => p.provide) };
  }
}
