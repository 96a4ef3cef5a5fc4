// The pure core: no clock, no randomness, no I/O.
export { bind, mapOutput, resolveList, targetOf, type Bound } from './bind.js';
export * from './catalogue.js';
export { compile, compileDocument } from './compile.js';
export { evaluate } from './conditions.js';
export { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostics.js';
export { withoutCredentials } from './drop-credentials.js';
export * from './effect.js';
export { nearestName } from './nearest-name.js';
export { parsePlan, type Plan, type PlanStep } from './parse.js';
export * from './plan.js';
export { rerunFrom, type Rerun } from './rerun.js';
export * from './run-event.js';
export * from './run-state.js';
export type { Scope, StepValue } from './scope.js';
export { parseTemplate, referencesIn, type FoundReference, type PathPart, type Reference, type Template } from './references.js';
export { stepsMapped, stepsReferenced, type ReferencedSteps } from './steps-referenced.js';
export * from './transition.js';
