import type { ConnectionDto, Endpoint, EndpointChange } from '@opsmesh/contracts';
import { endpointOf, endpointsSha256, ProblemError, type EndpointOfAnyVersion } from '@opsmesh/platform';
import type { ToolCatalogue, ToolStep } from '@opsmesh/plan-model';
import type { AttemptToCheck, ManifestCheck } from '../engine/ports.js';
import type { RunFactsCache } from '../engine/run-facts.js';
import type { RunFacts } from '../engine/run.js';
import { planSha256 } from './preview/make-manifest.js';
import { changesText } from './endpoint-changes.js';
import { isOfThisKind, ManifestCoverage } from './manifest-coverage.js';
import type { ProposalStore } from './proposal-store.js';
import { shownText } from './shown.js';

/** Manifests that are kept ready. */
const CAPACITY = 50;

interface Ready { readonly planSha256: string; readonly tenant: string; readonly coverage: ManifestCoverage }

/** Compares attempts of approved runs with what was approved, before they are granted. */
export class ApprovedManifests implements ManifestCheck {
  private readonly ready = new Map<string, Promise<Ready>>();
  private readonly plans = new WeakMap<RunFacts, string>();

  constructor(private readonly parts: { readonly store: Pick<ProposalStore, 'manifest'>; readonly facts: RunFactsCache; readonly catalogue: { current(): Promise<ToolCatalogue> } }) {}

  async check(attempt: AttemptToCheck): Promise<string | null> {
    const { run, step, target, inputSha256, connection } = attempt;
    const sha256 = run.manifestSha256;
    if (sha256 === null || sha256 === undefined) return null;
    const manifest = await this.load(sha256);
    const { root, path, probed } = await this.place(run);
    if (manifest.tenant !== run.tenantId || manifest.planSha256 !== this.planOf(root)) throw mismatch('it is of another plan');
    const version = (await this.parts.catalogue.current()).get(step.tool)?.version;
    if (version !== step.toolVersion) throw mismatch(`${step.tool} is now of version ${version ?? 'none'}, not ${step.toolVersion}`);
    const endpoints = connection ? [...connection.via ?? [], connection].map(endpointOf) : [];
    const at = { target: target === null ? null : shownText(target), assetId: connection?.assetId, endpoints };
    if (probed && (step.effect !== 'read' || step.tool !== probed.probe?.step.tool)) throw mismatch(`${step.tool} is not the probe of ${probed.tool}`);
    const found = probed ? manifest.coverage.findProbe({ ...at, step: path.slice(0, -1) }) : manifest.coverage.find({ ...at, step: path + step.id, tool: step.tool, toolVersion: step.toolVersion, inputSha256 });
    switch (found.kind) {
      case 'covered': return connection && found.endpoints ? digestOf(endpoints, found.endpoints) : null;
      case 'changed': throw targetChanged(connection, found.changes);
      case 'missing': throw mismatch(found.why);
    }
  }

  private load(sha256: string): Promise<Ready> {
    const known = this.ready.get(sha256);
    if (known) return known;
    const loading = this.read(sha256);
    loading.catch(() => this.ready.delete(sha256));
    if (this.ready.size >= CAPACITY) this.ready.delete(this.ready.keys().next().value!);
    this.ready.set(sha256, loading);
    return loading;
  }

  private async read(sha256: string): Promise<Ready> {
    const manifest = await this.parts.store.manifest(sha256);
    if (!manifest) throw mismatch('it is not there');
    if (!isOfThisKind(manifest)) throw mismatch('it was made by an older version and does not say how targets are reached: ask for the run again');
    return { planSha256: manifest.planSha256, tenant: manifest.tenant, coverage: new ManifestCoverage([manifest]) };
  }

  /** The run that was approved, and the way from it to this one: steps of sub-plans, at the end the step of which this run is a probe. */
  private async place(run: RunFacts): Promise<{ root: RunFacts; path: string; probed: ToolStep | null }> {
    let root = run;
    let path = '';
    let probed: ToolStep | null = null;
    while (root.parent) {
      const { runId, step } = root.parent;
      const parent = (await this.parts.facts.get([runId])).get(runId);
      if (!parent) throw mismatch('the run it belongs to is not there');
      const asked = parent.plan.steps[step]!;
      if (asked.kind === 'tool') probed = asked;
      path = `${asked.id}/${path}`;
      root = parent;
    }
    return { root, path, probed };
  }

  private planOf(root: RunFacts): string {
    let sha256 = this.plans.get(root);
    if (sha256 === undefined) this.plans.set(root, sha256 = planSha256(root.plan, root.inputs));
    return sha256;
  }
}

/** The endpoints of now with the versions of credentials that were approved: the claim desk does not know the newest ones, the lease does. */
function digestOf(now: readonly EndpointOfAnyVersion[], approved: readonly Endpoint[]): string {
  return endpointsSha256(now.map((e, i) => ({ ...e, credentialVersion: approved[i]!.credentialVersion })));
}

function targetChanged(connection: ConnectionDto | undefined, changes: readonly EndpointChange[]): ProblemError {
  return new ProblemError(409, 'target-changed', `${connection?.hostname ?? 'the target'} is not reached as it was approved: ${changesText(changes)}`);
}

function mismatch(why: string): ProblemError {
  return new ProblemError(409, 'manifest-mismatch', `the approved manifest does not allow it: ${why}`);
}
