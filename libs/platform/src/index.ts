/**
 * What every process of opsmesh shares.
 *
 * | concept | where |
 * |---|---|
 * | settings from the environment, start errors | config/ `readConfig` `Env` `processConfig` `databaseUrl` `retentionDays` `StartError` |
 * | key files, service tokens, grants and the digests of inputs and endpoints in them | keys/ `openKeys` `Keys` `TokenRefused` `inputSha256` `endpointOf` `endpointsSha256` |
 * | known keys of SSH hosts, also as lines of a known_hosts file | host-keys/ `parseHostKeys` `hostKeysFault` `hostKeyFingerprint` |
 * | HTTP app, problem documents, DTO pipe, calls to other services, one by one and in batches | http/ `createHttpApp` `ProblemError` `ProblemFilter` `DtoPipe` `ServiceClient` `BatchClient` `answerOf` `answerBatch` `Gathered` `isLoopback` |
 * | who acts, and may do what | auth/ `ApiTokenGuard` `ServiceTokenGuard` `OnlyFrom` `Scopes` `CurrentPrincipal` `assertTenant` `actorOf` `TOKEN_VERIFIER` |
 * | DI tokens that createHttpApp provides everywhere | platform-tokens.ts `PROCESS_CONFIG` `KEYS` `LOGGER` |
 * | PostgreSQL: pool, migrations, transactions, what its errors mean | postgres/ `openDatabase` `transaction` `isOutcomeUnknown` `isTransient` `isUniqueViolation` `isForeignKeyViolation` `sqlState` |
 * | Redis: options and clients | redis/ `redisConnection` `patientRedisConnection` `createRedis` `endRedis` |
 * | log | logging/ `createLogger` `limitedErrorLog` |
 * | traces | tracing/ `isTracing` `beginSpan` `withSpan` `currentTraceparent` `batchPlace` `startTracing` `stopTracing` |
 * | signals, uncaught errors | shutdown/ `onShutdown` `exitOnUncaught` |
 *
 * A `main.ts`: `const config = readConfig((env) => ({ ...processConfig(env, { service, defaultPort }), databaseUrl: databaseUrl(env) }))`,
 * `const log = createLogger(config.service, { level: config.logLevel })`, `exitOnUncaught(log)`, `const http = await createHttpApp(AppModule, { config, log, tokens: 'own' })`,
 * `onShutdown({ log, close: http.close })`, `await http.listen()`.
 */
export * from './auth/actor.js';
export * from './auth/api-token.guard.js';
export * from './auth/principal.js';
export * from './auth/remote-token-verifier.js';
export * from './auth/service-token.guard.js';
export * from './auth/token-verifier.js';
export * from './config/env.js';
export * from './config/process-config.js';
export * from './config/start-error.js';
export * from './host-keys/host-keys.js';
export * from './http/answer-batch.js';
export * from './http/answer-of.js';
export * from './http/batch-client.js';
export * from './http/body-parsing.js';
export * from './http/dto.pipe.js';
export * from './http/gathered.js';
export * from './http/http-app.js';
export * from './http/local-only.js';
export * from './http/problem-error.js';
export * from './http/problem.filter.js';
export * from './http/service-client.js';
export * from './keys/endpoints.js';
export type { GrantSigner } from './keys/grants.js';
export * from './keys/input-sha256.js';
export * from './keys/keys.js';
export * from './keys/token-refused.js';
export * from './logging/limited-error-log.js';
export * from './logging/logger.js';
export * from './logging/nest-logger.js';
export * from './platform-tokens.js';
export * from './platform.module.js';
export * from './postgres/database.js';
export * from './postgres/postgres-errors.js';
export * from './postgres/transaction.js';
export * from './redis/connection.js';
export * from './shutdown/shutdown.js';
export * from './tracing/batch-place.js';
export * from './tracing/spans.js';
export * from './tracing/start-tracing.js';
export * from './tracing/trace-settings.js';
