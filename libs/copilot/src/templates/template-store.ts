import { BUILTIN_TEMPLATES } from './builtin/index.js';
import type { Template } from './template.js';

/** Port to the templates of tenants. It leaves out how they are kept; `parseTemplate` checks what is added. */
export interface TemplateStore {
  /** Templates that are not disabled, a tenant's own first. The same list as long as nothing changed. */
  usable(tenantId: string): Promise<readonly Template[]>;
}

/** The built-in templates and nothing else. */
export const BUILTIN_STORE: TemplateStore = { usable: () => Promise.resolve(BUILTIN_TEMPLATES) };
