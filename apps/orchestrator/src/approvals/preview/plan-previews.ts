import type { ApprovalPolicyDto, DiagnosticDto, Manifest, PreviewStepView, PreviewView } from '@opsmesh/contracts';
import { LIMITS, type CompiledPlan, type JsonObject, type ToolCatalogue } from '@opsmesh/plan-model';
import { shownText } from '../shown.js';
import { assessRisk } from './assess-risk.js';
import { attemptsOf, estimateBounds } from './estimate-bounds.js';
import { judgeStep } from './judge-step.js';
import { makeManifest, manifestSha256, type JudgedStep } from './make-manifest.js';
import { PlanResolver } from './plan-resolver.js';
import type { LiveInventory } from './ports.js';

export interface RunToPreview {
  readonly tenantId: string;
  readonly plan: CompiledPlan;
  readonly inputs: JsonObject;
  readonly warnings: readonly DiagnosticDto[];
  readonly policy: ApprovalPolicyDto;
}

/** What a run would do now, and how much care that needs. */
export interface Previewed {
  readonly view: PreviewView;
  readonly manifest: Manifest;
  readonly steps: readonly JudgedStep[];
}

/** Makes previews. Everything it says comes from the compiled plan, the catalogue and the inventory. */
export class PlanPreviews {
  constructor(private readonly inventory: LiveInventory, private readonly catalogue: { current(): Promise<ToolCatalogue> }) {}

  /** @throws ProblemError 503 `service-unavailable` when the inventory can't be asked */
  async preview({ tenantId, plan, inputs, warnings, policy }: RunToPreview): Promise<Previewed> {
    const catalogue = await this.catalogue.current();
    const resolved = await new PlanResolver({ inventory: this.inventory, catalogue, tenantId }).resolve(plan, inputs);
    const steps = resolved.steps.map((step): JudgedStep => ({ resolved: step, judgement: judgeStep(step, catalogue.get(step.step.tool)) }));
    const manifest = makeManifest({ tenantId, plan, inputs, steps, catalogue });
    const notes = [...resolved.notes, ...steps.flatMap(({ resolved: { path, items } }) => refusals(path, items))];
    const view: PreviewView = {
      name: shownText(plan.name), strategy: plan.strategy, warnings: [...warnings, ...notes.slice(0, 100).map(noteOf)],
      risk: assessRisk(steps, policy), bounds: estimateBounds(plan, resolved, catalogue), steps: steps.map((s) => stepView(s)), manifest, manifest_sha256: manifestSha256(manifest),
    };
    return { view, manifest, steps };
  }
}

function stepView({ resolved: { step, plan, path, known, mostItems }, judgement }: JudgedStep): PreviewStepView {
  const most = mostItems ?? LIMITS.items;
  return {
    id: path, tool: step.tool, toolVersion: step.toolVersion, effect: step.effect, class: judgement.class, level: step.level, dependsOn: step.dependsOn.map((d) => plan.steps[d]!.id), known,
    mostItems: most, mostAttempts: most * attemptsOf(step), concurrency: step.map.concurrency, timeoutMs: step.timeoutMs,
  };
}

/** Targets on which attempts would be refused, one note for each step. */
function refusals(path: string, items: readonly { readonly refusal: string | null }[]): string[] {
  const refused = items.filter((i) => i.refusal !== null);
  return refused.length === 0 ? [] : [`"${path}" will be refused on ${refused.length} of ${items.length} targets: ${shownText(refused[0]!.refusal!)}`];
}

function noteOf(message: string): DiagnosticDto {
  return { code: 'preview-note', severity: 'warning', pointer: '', message };
}
