import type { Template } from '../template.js';
import { CHANGES } from './changes.js';
import { COORDINATION } from './coordination.js';
import { NETWORK } from './network.js';
import { REPORTS } from './reports.js';

/** The templates that come with the product. A report on the expiry of certificates is not among them: no tool reads certificates. */
export const BUILTIN_TEMPLATES: readonly Template[] = [...REPORTS, ...NETWORK, ...CHANGES, ...COORDINATION];
