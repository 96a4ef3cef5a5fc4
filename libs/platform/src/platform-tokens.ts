/** DI token of the process' ProcessConfig. */
export const PROCESS_CONFIG = Symbol('opsmesh.process-config');
/** DI token of the process' Keys. */
export const KEYS = Symbol('opsmesh.keys');
/** DI token of the process' pino Logger. */
export const LOGGER = Symbol('opsmesh.logger');
