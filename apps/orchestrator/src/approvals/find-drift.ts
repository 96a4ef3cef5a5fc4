import type { Manifest } from '@opsmesh/contracts';
import { inputsSha256, type JudgedStep } from './preview/make-manifest.js';
import type { ResolvedItem } from './preview/resolved-plan.js';
import { ManifestCoverage, type Action } from './manifest-coverage.js';
import { shownText } from './shown.js';

/** How the inventory differs from what was approved. */
export interface Drift {
  /** What nobody was asked about yet: steps with their new items only. */
  readonly added: readonly JudgedStep[];
  /** Names of its targets, as people see them, each once. */
  readonly addedTargets: readonly string[];
  /** Names of targets that were approved and are not meant any more. */
  readonly vanished: readonly string[];
}

/** @param asked manifests that people have answered, with yes or no; @param now what the run would do at this moment */
export function findDrift(asked: readonly Manifest[], now: { readonly steps: readonly JudgedStep[]; readonly manifest: Manifest }): Drift {
  const coverage = new ManifestCoverage(asked);
  const added: JudgedStep[] = [];
  for (const { resolved, judgement } of now.steps) {
    const { path, step, items, known } = resolved;
    const action = (item: ResolvedItem | undefined): Action => ({
      step: path, tool: step.tool, toolVersion: step.toolVersion, target: item?.target === undefined || item.target === null ? null : shownText(item.target), inputsSha256: item?.inputs ? inputsSha256(item.inputs) : null,
      asset: item?.facts.length === 1 ? item.facts[0] : undefined,
    });
    // Less is known than was approved: then it is as a whole another step.
    const isWider = !asked.some((m) => m.steps.some((s) => s.step === path && WIDTH[s.known] >= WIDTH[known]));
    const fresh = isWider ? items : items.filter((i) => coverage.missing(action(i)) !== undefined);
    if (isWider || fresh.length > 0) added.push({ resolved: { ...resolved, items: fresh, mostItems: resolved.mostItems === null ? null : isWider ? resolved.mostItems : fresh.length }, judgement });
  }
  const names = (all: readonly { target: string | null; hostname: string | null }[]): Set<string> => new Set(all.flatMap((i) => i.hostname ?? i.target ?? []).map(shownText));
  const meant = names(now.manifest.steps.flatMap((s) => s.items));
  const before = names(asked.flatMap((m) => m.steps.flatMap((s) => s.items)));
  return {
    added, vanished: [...before].filter((n) => !meant.has(n)).sort(),
    addedTargets: [...names(added.flatMap((s) => s.resolved.items.map((i) => ({ target: i.target, hostname: i.facts.length === 1 ? i.facts[0]!.hostname : null }))))].sort(),
  };
}

const WIDTH = { exact: 0, targets: 1, nothing: 2 } as const;
