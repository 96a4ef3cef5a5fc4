import type { Manifest, ManifestItem, ManifestStep } from '@opsmesh/contracts';

/** One action to look for in a manifest. */
export interface Action {
  /** As in {@link ManifestStep.step}. */
  readonly step: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly target: string | null;
  readonly inputsSha256: string | null;
  /** The asset that is meant; undefined when the tool connects to none. */
  readonly asset: { readonly assetId: string; readonly credentialIds: readonly string[]; readonly via: readonly string[] } | undefined;
}

/** A manifest, or several, made quick to ask. */
export class ManifestCoverage {
  private readonly steps = new Map<string, { step: ManifestStep; byInputs: Map<string, ManifestItem[]>; byTarget: Map<string, ManifestItem[]> }[]>();

  constructor(manifests: readonly Manifest[]) {
    for (const step of manifests.flatMap((m) => m.steps)) {
      const byInputs = new Map<string, ManifestItem[]>();
      const byTarget = new Map<string, ManifestItem[]>();
      for (const item of step.items) {
        if (item.inputsSha256 !== null) push(byInputs, item.inputsSha256, item);
        push(byTarget, item.assetId ?? `?${item.target ?? ''}`, item);
      }
      push(this.steps, step.step, { step, byInputs, byTarget });
    }
  }

  /** Why the action is not covered; undefined when it is. */
  missing(action: Action): string | undefined {
    const steps = this.steps.get(action.step);
    if (!steps) return `the step "${action.step}" is not in it`;
    const same = steps.filter(({ step }) => step.tool === action.tool && step.toolVersion === action.toolVersion);
    if (same.length === 0) return `${action.tool} has another version than ${steps[0]!.step.toolVersion}`;
    if (same.some(({ step, byInputs, byTarget }) => step.known === 'nothing'
      || (step.known === 'exact' && action.inputsSha256 !== null && byInputs.get(action.inputsSha256)?.some((i) => isSameTarget(i, action)))
      || (step.known === 'targets' && byTarget.get(action.asset?.assetId ?? `?${action.target ?? ''}`)?.some((i) => isSameTarget(i, action))))) return undefined;
    return `its inputs or its target ${action.target ?? ''} are not in it`;
  }

  /** The same for what only looks whether an action of the step took place: it must be on a target of that step. */
  missingProbe({ step, target, asset }: Pick<Action, 'step' | 'target' | 'asset'>): string | undefined {
    const steps = this.steps.get(step) ?? [];
    if (steps.some(({ step: { known }, byTarget }) => known === 'nothing' || byTarget.get(asset?.assetId ?? `?${target ?? ''}`)?.some((i) => isSameTarget(i, { asset })))) return undefined;
    return `the step "${step}" has no target ${target ?? ''} in it`;
  }
}

/** The same asset, reached in the same way with the same credentials. Without a connection the inputs or the target's name say it all. */
function isSameTarget(item: ManifestItem, { asset }: Pick<Action, 'asset'>): boolean {
  if (!asset) return true;
  return item.assetId === asset.assetId && sameSet(item.credentialIds, asset.credentialIds) && item.via.length === asset.via.length && item.via.every((v, i) => v === asset.via[i]);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((v) => b.includes(v));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
