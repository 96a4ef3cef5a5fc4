import type { ApprovalPolicyDto, Manifest } from '@opsmesh/contracts';
import { ProblemError } from '@opsmesh/platform';
import type { ToolCatalogue } from '@opsmesh/plan-model';
import { findDrift } from './find-drift.js';
import { POLICY_ORDER, questionOf } from './question-of.js';
import { assessRisk } from './preview/assess-risk.js';
import { makeManifest, manifestSha256 } from './preview/make-manifest.js';
import type { PlanPreviews } from './preview/plan-previews.js';
import type { StoredProposal } from './proposal.js';
import type { ProposalStore } from './proposal-store.js';
import type { RunStarter } from './run-starter.js';

/** Pause before a proposal that could not be started is tried again, in milliseconds. */
const AGAIN_MS = 1000;

export interface LauncherParts {
  readonly store: ProposalStore;
  readonly policies: { current(tenantId: string): Promise<ApprovalPolicyDto> };
  readonly previews: PlanPreviews;
  readonly starter: RunStarter;
  readonly catalogue: { current(): Promise<ToolCatalogue> };
}

/**
 * Makes runs of approved proposals.
 * 1. The run has the proposal's id, so that it is created once, however often and by how many processes that is tried.
 * 2. Before it is created the plan is resolved once more: people are asked about what nobody has agreed to yet.
 * 3. What people withdrew is not created, what is being created is not withdrawn: `begin` decides.
 * 4. The run carries the manifest of what was approved and nothing else; the claim desk refuses the rest.
 */
export class Launcher {
  constructor(private readonly parts: LauncherParts) {}

  /**
   * @param isOurs whether it was approved here just now, and so is left to us
   * @returns whether the run exists now, made here
   */
  async launch(runId: string, isOurs = false): Promise<boolean> {
    const { store } = this.parts;
    const proposal = await store.hold(runId, isOurs);
    if (!proposal) return false;
    try {
      return await this.start(proposal);
    } catch (e) {
      const isRefusal = e instanceof ProblemError && e.status < 500;
      const trouble = e instanceof ProblemError ? e.detail : 'it could not be started; it is tried again';
      if (isRefusal) await store.close(runId, trouble);
      else await store.release(runId, trouble, AGAIN_MS);
      if (e instanceof ProblemError) return false;
      throw e;
    }
  }

  private async start(proposal: StoredProposal): Promise<boolean> {
    const { store, policies, previews, starter } = this.parts;
    const { runId, tenantId, plan, inputs, questions, rerun } = proposal;
    // A process ended after it had created the run.
    if (proposal.status === 'starting' && await store.manifestOfRun(tenantId, runId) !== undefined) {
      await store.started(runId, proposal.vanished);
      return true;
    }
    const catalogue = await this.parts.catalogue.current();
    const policy = await policies.current(tenantId);
    const now = await previews.preview({ tenantId, plan, inputs, warnings: [], policy });
    for (const { resolved: { step } } of now.steps) {
      if (catalogue.get(step.tool)?.version !== step.toolVersion) throw new ProblemError(409, 'manifest-mismatch', `${step.tool} is not of version ${step.toolVersion} any more: ask for the run again`);
    }
    const manifests = await Promise.all(questions.map(({ manifestSha256: sha }) => this.load(sha)));
    const approved = manifests.filter((_, i) => questions[i]!.status === 'approved');
    const { added, addedTargets, changed, vanished } = findDrift(manifests, now);
    if (added.length > 0) {
      const own = assessRisk(added, policy);
      const whole = now.view.risk;
      // One more target after another must not stay below what many at once would need.
      const risk = own.tier !== 'none' && POLICY_ORDER[whole.tier] > POLICY_ORDER[own.tier] ? { ...own, tier: whole.tier, reasons: [...own.reasons, ...whole.reasons].slice(0, 20) } : own;
      const manifest: Manifest = { ...makeManifest({ tenantId, plan, inputs, steps: added, catalogue }), addsTo: effectiveSha256(approved) };
      const isSettled = risk.tier === 'none';
      const question = questionOf({ manifest, manifestSha256: manifestSha256(manifest), risk, policy, drift: { added: addedTargets, changed } });
      await store.ask(runId, questions.length, { question, isSettled, vanished });
      if (!isSettled) return false;
      approved.push(manifest);
    }
    const sha256 = effectiveSha256(approved);
    await store.putManifest(sha256, effective(approved));
    if (!await store.begin(runId)) return false;
    await starter.create({
      id: runId, tenantId, actorId: proposal.requestedBy, plan, inputs, warnings: proposal.warnings, parentRunId: rerun?.parentRunId ?? null, idempotencyKey: null, requestSha256: proposal.requestSha256, traceparent: proposal.traceparent, manifestSha256: sha256,
    }, rerun?.repeat);
    await store.started(runId, vanished);
    return true;
  }

  private async load(sha256: string): Promise<Manifest> {
    const manifest = await this.parts.store.manifest(sha256);
    if (!manifest) throw new Error(`manifest ${sha256} is not there`);
    return manifest;
  }
}

/** All that was approved as one manifest: the first one itself when nothing was added. */
function effective(approved: readonly Manifest[]): Manifest {
  const [first, ...more] = approved;
  if (!first) throw new Error('nothing was approved');
  return more.length === 0 ? first : { ...first, addsTo: manifestSha256(first), steps: approved.flatMap((m) => m.steps) };
}

function effectiveSha256(approved: readonly Manifest[]): string {
  return manifestSha256(effective(approved));
}
