// First: class-transformer's decorators need it when the DTO files are loaded.
import 'reflect-metadata';
export * from './attempt-id.js';
export * from './canonical-json.js';
export * from './claim.js';
export * from './failure.js';
export * from './job.js';
export * from './json-schema.js';
export * from './names.js';
export * from './problem.js';
export * from './result.js';
export * from './run.js';
export * from './service.js';
export * from './tool.js';
export * from './validate.js';
