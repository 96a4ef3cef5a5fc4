import type { PlanLookup } from '../plan-lookup.js';

/** Stored plans by name, each of version 1. For specs. */
export function storedPlans(documents: Readonly<Record<string, unknown>>): PlanLookup {
  return {
    names: () => Object.keys(documents),
    find: (reference) => {
      const name = reference.replace(/@1$/, '');
      return Object.hasOwn(documents, name) ? { name: `${name}@1`, document: documents[name] } : undefined;
    },
  };
}
