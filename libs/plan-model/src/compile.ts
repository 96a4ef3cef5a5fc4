import { needsClaim, type DiagnosticDto } from '@opsmesh/contracts';
import type { CatalogueTool, ToolCatalogue } from './catalogue.js';
import { checkAddresses } from './check-addresses.js';
import { checkArguments } from './check-arguments.js';
import { checkCommands } from './check-commands.js';
import { checkFields, type StepShape } from './check-fields.js';
import { mapReferences } from './conditions.js';
import { dependenciesOf, levelsOf, strategyOf } from './dependencies.js';
import { Findings } from './diagnostics.js';
import { dropCredentials } from './drop-credentials.js';
import { impliedList } from './implied-list.js';
import { pointerIn, readDocument, type Plan, type PlanStep } from './parse.js';
import { fullRetry } from './parse-policies.js';
import { DEFAULT_CONCURRENCY, type CompiledPlan, type CompiledStep } from './plan.js';
import { ReferenceResolver, type Names } from './resolve-references.js';
import { referenceText, type FoundReference } from './references.js';
import { stepOf } from './scope.js';

/** Parses and compiles a document. `plan` is null when there is an error. Never throws for what a document holds. */
export function compileDocument(document: unknown, catalogue: ToolCatalogue): { plan: CompiledPlan | null; diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  const plan = readDocument(document, findings);
  // What can be checked is checked beside an error of the form, so that one answer tells all.
  const compiled = plan && compile(plan, catalogue);
  return { plan: findings.failed || !compiled ? null : compiled.plan, diagnostics: [...findings.all, ...(compiled?.diagnostics ?? [])] };
}

/** Checks a plan against the catalogue and makes of it what the engine runs. */
export function compile(plan: Plan, catalogue: ToolCatalogue): { plan: CompiledPlan | null; diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  checkIds(plan, findings);
  const tools = plan.steps.map((step) => toolOf(step, catalogue, findings));
  const inputs = dropCredentials(plan.inputs, { pointer: '/inputs', declared: () => false, findings });
  const names: Names = { plan: { ...plan, inputs }, indexOf: new Map(plan.steps.map((s, i) => [s.id, i])), tools, findings };
  const drafts = plan.steps.map((step, i) => resolveStep(step, i, names));
  impliedLists(drafts, { plan, tools, findings });
  const graph = dependenciesOf(plan.steps, { references: drafts.map((d, i) => referencedSteps(d, i, names)), serial: plan.serial, findings });
  const sorted = levelsOf(graph);
  if ('cycle' in sorted) {
    const ids = sorted.cycle.map((i) => plan.steps[i]!.id);
    findings.error('cycle', plan.steps[sorted.cycle[0]!]!.pointer, `these steps wait for each other: ${[...ids, ids[0]].join(' → ')}`);
    return { plan: null, diagnostics: findings.all };
  }
  checkSteps(drafts, { tools, findings });
  if (findings.failed) return { plan: null, diagnostics: findings.all };
  const steps = drafts.map((draft, i) => finished(draft, { index: i, tool: tools[i]!, dependsOn: graph[i]!, level: sorted.levels[i]!, indexOf: names.indexOf }));
  return { plan: { version: 1, name: plan.name, inputs, steps, strategy: strategyOf(graph, sorted.levels), timeoutMs: plan.timeoutMs }, diagnostics: findings.all };
}

/** A step whose references are canonical. */
export interface DraftStep {
  readonly plan: Plan;
  readonly step: PlanStep;
  forEach: string | null;
  readonly references: FoundReference[];
  /** References of its own output mapping, which may name the step itself. */
  readonly mappingReferences: readonly FoundReference[];
  /** False: a reference could not be read, so the step can't be checked any further. */
  readonly readable: boolean;
}

function checkIds(plan: Plan, findings: Findings): void {
  const seen = new Map<string, string>();
  for (const { id, pointer, keys } of plan.steps) {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, pointer);
    else findings.error('duplicate-id', keys['id'] === undefined ? pointer : `${pointer}/id`, `the id "${id}" is the one of ${first} too`);
  }
}

function toolOf(step: PlanStep, catalogue: ToolCatalogue, findings: Findings): CatalogueTool | undefined {
  const tool = catalogue.get(step.tool);
  if (tool) return tool;
  const near = findings.nearest(step.tool, () => catalogue.names());
  const pointer = `${step.pointer}/tool`;
  findings.error('unknown-tool', pointer, `there is no tool "${step.tool.slice(0, 64)}"${near ? `; do you mean "${near}"?` : '; GET /tools lists those that are registered'}`, near ? [{ op: 'replace', path: pointer, value: near }] : undefined);
  return undefined;
}

function resolveStep(step: PlanStep, index: number, names: Names): DraftStep {
  const { plan, tools, findings } = names;
  const resolver = new ReferenceResolver(names, index);
  const at = pointerIn(step, 'inputs');
  const properties = (tools[index]?.inputSchema as { properties?: object } | undefined)?.properties ?? {};
  const kept = dropCredentials(step.inputs, { pointer: at, declared: (name) => Object.hasOwn(properties, name), findings });
  const isMapping = /^input_?mapping$/i.test(step.keys['inputs'] ?? '');
  const inputs = isMapping ? resolver.mapping(kept, at) : resolver.object(kept, at);
  const list = step.forEach?.trim();
  const forEach = list === undefined ? null : resolver.text(/<<|\{\{/.test(list) ? list : `<<${list}>>`, pointerIn(step, 'forEach'));
  const inItems = resolver.found.filter((r) => r.pointer === pointerIn(step, 'forEach'));
  const when = step.when && mapReferences(step.when, (text) => resolver.text(text, pointerIn(step, 'when')));
  refuseItem([...inItems, ...resolver.found.filter((r) => r.pointer === pointerIn(step, 'when'))], '"forEach" and "when" are decided once for the step', findings);
  const references = [...resolver.found];
  resolver.found.length = 0;
  const outputMapping = step.outputMapping && resolver.mapping(dropCredentials(step.outputMapping, { pointer: pointerIn(step, 'outputMapping'), declared: () => true, findings }), pointerIn(step, 'outputMapping'));
  refuseItem(resolver.found, 'an output mapping is made once for the step', findings);
  return { plan, step: { ...step, inputs, when, outputMapping }, forEach, references, mappingReferences: [...resolver.found], readable: !resolver.unreadable };
}

function refuseItem(references: readonly FoundReference[], why: string, findings: Findings): void {
  for (const { reference, pointer } of references) {
    if (reference.root === 'item' || reference.root === 'index') findings.error('item-outside-fan-out', pointer, `${referenceText(reference)} has no meaning here: ${why}`);
  }
}

/** Gives steps that use `item` without a list the list that is meant. */
function impliedLists(drafts: readonly DraftStep[], { plan, tools, findings }: { plan: Plan; tools: readonly (CatalogueTool | undefined)[]; findings: Findings }): void {
  for (const [index, draft] of drafts.entries()) {
    const use = draft.references.find((r) => (r.reference.root === 'item' || r.reference.root === 'index') && r.pointer !== pointerIn(draft.step, 'when'));
    if (!use || draft.forEach !== null) continue;
    const list = impliedList(index, { plan, drafts, tools });
    if (list.kind === 'none') findings.error('item-outside-fan-out', use.pointer, '"item" has a meaning only in a step with "forEach", or after a step whose tool gives a list');
    if (list.kind === 'ambiguous') findings.error('ambiguous-item', use.pointer, `"item" could mean the list of ${list.steps.map((s) => `"${s}"`).join(' or ')}; say which with "forEach"`);
    if (list.kind === 'list') {
      draft.forEach = `<<${list.reference.text}>>`;
      draft.references.push({ pointer: pointerIn(draft.step, 'forEach'), reference: list.reference, whole: true });
    }
  }
}

function referencedSteps({ references, mappingReferences }: DraftStep, self: number, { indexOf, findings }: Names): number[] {
  const indexes = new Set<number>();
  for (const { reference, pointer } of references) {
    const index = indexOf.get(stepOf(reference)?.id ?? '');
    if (index === self) findings.error('not-an-ancestor', pointer, 'a step can not use its own output');
    else if (index !== undefined) indexes.add(index);
  }
  for (const { reference, pointer } of mappingReferences) {
    const target = stepOf(reference);
    const index = indexOf.get(target?.id ?? '');
    if (index === self && target?.part === 'items') findings.error('not-an-ancestor', pointer, 'an output mapping has the output of its own step, not its items');
    if (index !== undefined && index !== self) indexes.add(index);
  }
  return [...indexes];
}

function checkSteps(drafts: readonly DraftStep[], { tools, findings }: { tools: readonly (CatalogueTool | undefined)[]; findings: Findings }): void {
  const shapes: ReadonlyMap<string, StepShape> = new Map(drafts.map((d, i) => [d.step.id, { id: d.step.id, tool: tools[i], forEach: d.forEach, outputMapping: d.step.outputMapping }]));
  for (const [index, draft] of drafts.entries()) {
    const { step, references } = draft;
    const tool = tools[index];
    const at = pointerIn(step, 'inputs');
    if (!draft.readable) continue;
    checkFields(draft, { shapes, tool, at, findings });
    if (!tool) continue;
    const places = references.filter((r) => r.pointer.startsWith(`${at}/`)).map((r) => ({ pointer: r.pointer.slice(at.length), whole: r.whole }));
    checkArguments(tool, step.inputs, { pointer: at, references: places, findings });
    checkAddresses(step.inputs, { pointer: at, findings });
    checkCommands(tool, step.inputs, { pointer: at, findings });
    if (step.retry && step.retry.maxAttempts > 1 && !tool.idempotent && tool.effect !== 'read') {
      findings.warning('retry-limited', pointerIn(step, 'retry'), `"${tool.name}" is not idempotent: only attempts that did nothing are repeated`);
    }
  }
}

function finished({ step, forEach, references }: DraftStep, { index, tool, dependsOn, level, indexOf }: { index: number; tool: CatalogueTool; dependsOn: readonly number[]; level: number; indexOf: Names['indexOf'] }): CompiledStep {
  // A step has items, if only none, however it ended; an output it may lack.
  const outputs = references.filter((r) => !r.reference.fallback && r.pointer !== pointerIn(step, 'when')).map((r) => stepOf(r.reference)).filter((target) => target?.part === 'output');
  const needed = outputs.map((target) => indexOf.get(target!.id)).filter((i) => i !== undefined);
  return {
    index, id: step.id, tool: tool.name, toolVersion: tool.version, queue: tool.queue, effect: tool.effect, idempotent: tool.idempotent, claim: needsClaim(tool), inputs: step.inputs, commands: tool.commands,
    target: tool.target ?? tool.credential?.target ?? null, listOutput: tool.listOutput ?? null, forEach, map: { concurrency: DEFAULT_CONCURRENCY, ...step.map }, when: step.when,
    retry: fullRetry(step.retry ?? tool.retry), timeoutMs: step.timeoutMs ?? tool.timeoutMs, onFailure: step.onFailure, critical: step.critical, role: step.role, outputMapping: step.outputMapping,
    dependsOn, needsValueOf: [...new Set(needed)].sort((a, b) => a - b), level,
  };
}
