import { CHANGE_PHRASINGS } from './phrasings-changes.js';
import { READING_PHRASINGS } from './phrasings-reading.js';

export { evaluationCompile } from './evaluation-compile.js';
export * from './evaluate.js';
export { EVALUATION_FLEET } from './fleet.js';
export { HELD_OUT } from './held-out.js';
export * from './phrasing.js';
export { EVALUATION_TOOLS } from './tools.js';
/** The phrasings that the grammar was tuned with. */
export const TUNING = [...CHANGE_PHRASINGS, ...READING_PHRASINGS];
