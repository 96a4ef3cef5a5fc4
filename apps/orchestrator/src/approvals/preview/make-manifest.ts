import { createHash } from 'node:crypto';
import { canonicalJson, type Manifest, type ManifestItem, type ManifestStep } from '@opsmesh/contracts';
import type { CompiledPlan, JsonObject, ToolCatalogue } from '@opsmesh/plan-model';
import { inputSha256 } from '@opsmesh/platform';
import { shownInputs, shownText } from '../shown.js';
import type { StepJudgement } from './judge-step.js';
import type { ResolvedItem, ResolvedStep } from './resolved-plan.js';

export interface JudgedStep {
  readonly resolved: ResolvedStep;
  readonly judgement: StepJudgement;
}

/** The manifest of what was found out; the same findings give the same text, in whatever order the inventory told them. */
export function makeManifest({ tenantId, plan, inputs, steps, catalogue }: { tenantId: string; plan: CompiledPlan; inputs: JsonObject; steps: readonly JudgedStep[]; catalogue: ToolCatalogue }): Manifest {
  return {
    v: 2, tenant: tenantId, planSha256: planSha256(plan, inputs), addsTo: null,
    steps: steps.map(({ resolved, judgement }): ManifestStep => {
      const { step, path, known, because, conditional, items } = resolved;
      const schema = catalogue.get(step.tool)?.inputSchema ?? {};
      return {
        step: path, tool: step.tool, toolVersion: step.toolVersion, effect: step.effect, class: judgement.class, reasons: judgement.reasons, known, because: because === null ? null : shownText(because), conditional,
        template: shownInputs(step.inputs, schema), commands: judgement.commands, items: items.map((i) => itemOf(i, schema)).sort(byContent),
      };
    }),
  };
}

/** The hash that an approval is bound to. */
export function manifestSha256(manifest: Manifest): string {
  return sha256(canonicalJson(manifest));
}

/** Pins plan and inputs of a run. */
export function planSha256(plan: CompiledPlan, inputs: JsonObject): string {
  return sha256(canonicalJson([plan, inputs]));
}

function itemOf({ target, inputs, facts, endpoints }: ResolvedItem, schema: Record<string, unknown>): ManifestItem {
  const [only] = facts.length === 1 ? facts : [];
  return {
    target: target === null ? null : shownText(target), assetId: only?.assetId ?? null, hostname: only?.hostname ?? null, endpoints,
    inputsSha256: inputs ? inputSha256(inputs) : null, inputs: inputs ? shownInputs(inputs, schema) : null,
  };
}

function byContent(a: ManifestItem, b: ManifestItem): number {
  return compare(a.target ?? '', b.target ?? '') || compare(a.inputsSha256 ?? '', b.inputsSha256 ?? '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
