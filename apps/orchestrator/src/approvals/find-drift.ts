import type { ChangedTarget, EndpointChange, Manifest, ManifestItem } from '@opsmesh/contracts';
import { inputSha256 } from '@opsmesh/platform';
import type { JudgedStep } from './preview/make-manifest.js';
import type { ResolvedItem } from './preview/resolved-plan.js';
import { ManifestCoverage, type Action } from './manifest-coverage.js';
import { shownText } from './shown.js';

/** How the inventory differs from what was approved. */
export interface Drift {
  /** What nobody was asked about yet: steps with their new and changed items only. */
  readonly added: readonly JudgedStep[];
  /** Names of its new targets, as people see them, each once. */
  readonly addedTargets: readonly string[];
  /** Those of its targets that were approved, but are reached otherwise now. */
  readonly changed: readonly ChangedTarget[];
  /** Names of targets that were approved and are not meant any more. */
  readonly vanished: readonly string[];
}

/** @param asked manifests that people have answered, with yes or no; @param now what the run would do at this moment */
export function findDrift(asked: readonly Manifest[], now: { readonly steps: readonly JudgedStep[]; readonly manifest: Manifest }): Drift {
  const coverage = new ManifestCoverage(asked);
  const added: JudgedStep[] = [];
  const changed = new Map<string, Map<string, EndpointChange>>();
  const isChanged = (name: string): boolean => changed.has(name);
  for (const { resolved, judgement } of now.steps) {
    const { path, step, items, known } = resolved;
    const action = (item: ResolvedItem): Action => ({
      step: path, tool: step.tool, toolVersion: step.toolVersion, target: item.target === null ? null : shownText(item.target), inputSha256: item.inputs ? inputSha256(item.inputs) : null,
      assetId: item.facts.length === 1 ? item.facts[0]!.assetId : undefined, endpoints: item.endpoints,
    });
    // Less is known than was approved: then it is as a whole another step.
    const isWider = !asked.some((m) => m.steps.some((s) => s.step === path && WIDTH[s.known] >= WIDTH[known]));
    const fresh = items.filter((item) => {
      const found = coverage.find(action(item));
      if (found.kind === 'changed') note(changed, nameOf(item) ?? '', found.changes);
      return isWider || found.kind !== 'covered';
    });
    if (isWider || fresh.length > 0) added.push({ resolved: { ...resolved, items: fresh, mostItems: resolved.mostItems === null ? null : isWider ? resolved.mostItems : fresh.length }, judgement });
  }
  const namesOf = (all: readonly ManifestItem[]): Set<string> => new Set(all.flatMap((i) => i.hostname ?? i.target ?? []).map(shownText));
  const renamed = new Set([...changed.values()].flatMap((changes) => [...changes.values()].filter((c) => c.part === 'hostname').map((c) => c.before)));
  const meant = namesOf(now.manifest.steps.flatMap((s) => s.items));
  const before = namesOf(asked.flatMap((m) => m.steps.flatMap((s) => s.items)));
  return {
    added, vanished: [...before].filter((n) => !meant.has(n) && !renamed.has(n)).sort(),
    addedTargets: [...new Set(added.flatMap((s) => s.resolved.items.flatMap((i) => nameOf(i) ?? [])))].filter((n) => !isChanged(n)).sort(),
    changed: [...changed].map(([target, changes]) => ({ target, changes: [...changes.values()] })).sort((a, b) => (a.target < b.target ? -1 : 1)),
  };
}

/** The target as people see it. */
function nameOf({ target, facts }: ResolvedItem): string | undefined {
  const name = facts.length === 1 ? facts[0]!.hostname : target;
  return name === null ? undefined : shownText(name);
}

/** Each change of a target once, in however many steps it is met. */
function note(changed: Map<string, Map<string, EndpointChange>>, target: string, changes: readonly EndpointChange[]): void {
  const known = changed.get(target) ?? new Map<string, EndpointChange>();
  for (const change of changes) known.set(`${change.host} ${change.part}`, change);
  changed.set(target, known);
}

const WIDTH = { exact: 0, targets: 1, nothing: 2 } as const;
