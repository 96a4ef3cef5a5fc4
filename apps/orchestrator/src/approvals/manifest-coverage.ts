import type { Endpoint, EndpointChange, Manifest, ManifestItem, ManifestStep } from '@opsmesh/contracts';
import { changesOf, type TargetNow } from './endpoint-changes.js';

/** One action to look for in a manifest. */
export interface Action extends TargetNow {
  /** As in {@link ManifestStep.step}. */
  readonly step: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly target: string | null;
  readonly inputSha256: string | null;
}

/**
 * What a manifest says of an action. `covered`: it is allowed; `endpoints` are those that were approved, null where the targets were not known.
 * `changed`: the same was approved, but its target is reached otherwise now.
 */
export type Coverage =
  | { readonly kind: 'covered'; readonly endpoints: readonly Endpoint[] | null }
  | { readonly kind: 'changed'; readonly changes: readonly EndpointChange[] }
  | { readonly kind: 'missing'; readonly why: string };

interface IndexedStep {
  readonly step: ManifestStep;
  readonly byInputs: ReadonlyMap<string, readonly ManifestItem[]>;
  readonly byAsset: ReadonlyMap<string, readonly ManifestItem[]>;
  readonly byTarget: ReadonlyMap<string, readonly ManifestItem[]>;
}

/** Whether a stored manifest is one of this version; older ones do not say how targets are reached. */
export function isOfThisKind(manifest: { readonly v: number }): boolean {
  return manifest.v === 2;
}

/** A manifest, or several, made quick to ask. Of several that allow the same the last one counts. */
export class ManifestCoverage {
  private readonly steps = new Map<string, IndexedStep[]>();

  constructor(manifests: readonly Manifest[]) {
    for (const step of manifests.filter(isOfThisKind).flatMap((m) => m.steps).reverse()) {
      const [byInputs, byAsset, byTarget] = [new Map<string, ManifestItem[]>(), new Map<string, ManifestItem[]>(), new Map<string, ManifestItem[]>()];
      for (const item of step.items) {
        if (item.inputsSha256 !== null) push(byInputs, item.inputsSha256, item);
        if (item.assetId !== null) push(byAsset, item.assetId, item);
        push(byTarget, item.target ?? '', item);
      }
      push(this.steps, step.step, { step, byInputs, byAsset, byTarget });
    }
  }

  find(action: Action): Coverage {
    const steps = this.steps.get(action.step);
    if (!steps) return { kind: 'missing', why: `the step "${action.step}" is not in it` };
    const same = steps.filter(({ step }) => step.tool === action.tool && step.toolVersion === action.toolVersion);
    if (same.length === 0) return { kind: 'missing', why: `${action.tool} has another version than ${steps[0]!.step.toolVersion}` };
    return this.best(same, action, (s) => (s.step.known === 'exact' ? (action.inputSha256 === null ? undefined : s.byInputs.get(action.inputSha256)) : onTarget(s, action)))
      ?? { kind: 'missing', why: `its inputs or its target ${action.target ?? ''} are not in it` };
  }

  /** The same for what only looks whether an action of the step took place: it must be on a target of that step. */
  findProbe(action: Pick<Action, 'step' | 'target'> & TargetNow): Coverage {
    return this.best(this.steps.get(action.step) ?? [], action, (s) => onTarget(s, action)) ?? { kind: 'missing', why: `the step "${action.step}" has no target ${action.target ?? ''} in it` };
  }

  /** Undefined when nothing of the kind was approved. */
  private best(steps: readonly IndexedStep[], now: TargetNow, candidates: (step: IndexedStep) => readonly ManifestItem[] | undefined): Coverage | undefined {
    let changed: Coverage | undefined;
    for (const step of steps) {
      if (step.step.known === 'nothing') return { kind: 'covered', endpoints: null };
      for (const item of candidates(step) ?? []) {
        const changes = changesOf(item, now);
        if (changes.length === 0) return { kind: 'covered', endpoints: item.endpoints };
        changed ??= { kind: 'changed', changes };
      }
    }
    return changed;
  }
}

/** What was approved for the asset, else for what is called the same. */
function onTarget({ byAsset, byTarget }: IndexedStep, { assetId, target }: Pick<Action, 'assetId' | 'target'>): readonly ManifestItem[] | undefined {
  return (assetId === undefined ? undefined : byAsset.get(assetId)) ?? byTarget.get(target ?? '');
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
