export * from './client.js';
export * from './generated.js';
export * from './problem.js';
export * from './server-events.js';
