import type { Catalogue } from '../catalogue/catalogue.js';
import type { FactSheet } from '../facts/facts.js';
import type { Compile } from '../plan/choose-templates.js';
import type { Template } from '../templates/template.js';

/** What a message is read against. All of it is given: this is a pure function of it. */
export interface Situation {
  readonly facts: FactSheet;
  readonly catalogue: Catalogue;
  /** Templates that may be used, in the order in which they are preferred. */
  readonly templates: readonly Template[];
  readonly now: Date;
  /** Checks plans; without it a plan is given as it was made. */
  readonly compile?: Compile;
}
