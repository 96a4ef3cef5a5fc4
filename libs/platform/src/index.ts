/**
 * What every process of opsmesh shares.
 *
 * | concept | where |
 * |---|---|
 * | settings from the environment, start errors | config/ `readConfig` `Env` `processConfig` `databaseUrl` `retentionDays` `StartError` |
 * | key files, service tokens, grants and the digest of endpoints in them | keys/ `openKeys` `Keys` `TokenRefused` `endpointOf` `endpointsSha256` |
 * | HTTP app, problem documents, DTO pipe, calls to other services, one by one and in batches | http/ `createHttpApp` `ProblemError` `ProblemFilter` `DtoPipe` `ServiceClient` `BatchClient` `answerBatch` `Gathered` `isLoopback` |
 * | who may do what | auth/ `ApiTokenGuard` `ServiceTokenGuard` `Scopes` `CurrentPrincipal` `assertTenant` `TOKEN_VERIFIER` |
 * | DI tokens that createHttpApp provides everywhere | platform-tokens.ts `PROCESS_CONFIG` `KEYS` `LOGGER` |
 * | PostgreSQL: pool, migrations, transactions, what its errors mean | postgres/ `openDatabase` `transaction` `isOutcomeUnknown` `isTransient` `isUniqueViolation` `isForeignKeyViolation` `sqlState` |
 * | Redis: options and clients | redis/ `redisConnection` `patientRedisConnection` `createRedis` `endRedis` `limitedErrorLog` |
 * | log | logging/ `createLogger` |
 * | traces | tracing/ `isTracing` `beginSpan` `withSpan` `currentTraceparent` `batchPlace` `startTracing` `stopTracing` |
 * | signals, uncaught errors | shutdown/ `onShutdown` `exitOnUncaught` |
 *
 * A `main.ts`: `const config = readConfig((env) => ({ ...processConfig(env, { service, defaultPort }), databaseUrl: databaseUrl(env) }))`,
 * `const log = createLogger(config.service, { level: config.logLevel })`, `exitOnUncaught(log)`, `const http = await createHttpApp(AppModule, { config, log, tokens: 'own' })`,
 * `onShutdown({ log, close: http.close })`, `await http.listen()`.
 */
export * from './auth/api-token.guard.js';
export * from './auth/principal.js';
export * from './auth/remote-token-verifier.js';
export * from './auth/service-token.guard.js';
export * from './auth/token-verifier.js';
export * from './config/env.js';
export * from './config/process-config.js';
export * from './config/start-error.js';
export * from './http/answer-batch.js';
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
export * from './keys/keys.js';
export * from './keys/token-refused.js';
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
