/**
 * What makes a NestJS module a service of the mesh: `@Tool()` on a controller's method declares a tool, `startWorker()` in main.ts runs it.
 * Specs of tools call handlers with `fakeToolContext()`.
 */
export { AttemptFiles } from './blob-client.js';
export * from './start-worker.js';
export * from './testing.js';
export * from './tool.js';
export * from './worker-config.js';
