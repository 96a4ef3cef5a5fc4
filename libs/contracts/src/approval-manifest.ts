import type { DiagnosticDto } from './problem.js';
import type { CommandDialect, ToolEffect } from './tool.js';

/** What a step does, as the server judges it. `uninspectable`: a command of it can't be read, so it may do anything. From harmless to grave. */
export const ACTION_CLASSES = ['read', 'write', 'destructive', 'uninspectable'] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

/**
 * How much of a step is known before the run. `exact`: the inputs of every item. `targets`: what it acts on, while inputs depend on results.
 * `nothing`: its targets depend on results too.
 */
export type Foreknowledge = 'exact' | 'targets' | 'nothing';

/** One action on one target. Texts are shown with hidden characters as `⟨U+202E⟩`; the hash is of the inputs as they are. */
export interface ManifestItem {
  /** As the inputs name it; null when the tool has no target. */
  readonly target: string | null;
  /** The asset that was meant when the manifest was made; null for what is none of the inventory. */
  readonly assetId: string | null;
  readonly hostname: string | null;
  /** Jump hosts, nearest to us first. */
  readonly via: readonly string[];
  /** Of the asset and its jump hosts, each once. Empty when the tool needs none. */
  readonly credentialIds: readonly string[];
  /** SHA-256 of the canonical JSON of the bound inputs; null when they are not known before the run. */
  readonly inputsSha256: string | null;
  /** Inputs, with `[masked]` for what looks like a secret; null when they are those of the step's template. */
  readonly inputs: Record<string, unknown> | null;
}

export interface ManifestCommand {
  readonly pointer: string;
  readonly dialect: CommandDialect;
  /** As shown to people; of a step that is not `exact` with its references. */
  readonly text: string;
  readonly class: ActionClass;
  readonly why: string;
}

/** One step of a tool. Steps of other kinds do nothing to a target and are part of the plan's hash only. */
export interface ManifestStep {
  /** Id of the step; in a sub-plan after the ids of the steps that run it: `check/alive`. */
  readonly step: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly effect: ToolEffect;
  readonly class: ActionClass;
  readonly reasons: readonly string[];
  readonly known: Foreknowledge;
  /** Why not everything is known; null when it is. */
  readonly because: string | null;
  /** Whether it may be left out: a condition, a branch or a failure decides during the run. */
  readonly conditional: boolean;
  /** The inputs as the plan has them, references included. */
  readonly template: Record<string, unknown>;
  /** Commands by what they do, each text once, at most 100. */
  readonly commands: readonly ManifestCommand[];
  readonly items: readonly ManifestItem[];
}

/** Exactly what an approval allows. Its SHA-256 is of its canonical JSON (RFC 8785). */
export interface Manifest {
  readonly v: 1;
  readonly tenant: string;
  /** SHA-256 of the canonical JSON of the compiled plan and the run's inputs. */
  readonly planSha256: string;
  /** Manifests that were approved before and that this one adds targets to. */
  readonly addsTo: string | null;
  readonly steps: readonly ManifestStep[];
}

/** Answer to `GET /runs/:id/manifest`. `approval`: the question it belongs to; null: it is the one that binds the run. */
export interface ManifestView {
  readonly manifest_sha256: string;
  readonly approval: string | null;
  readonly manifest: Manifest;
}

/** Grades of care. `none`: runs at once. `one-click`, `typed`: one person, the second by typing a text. `two-people`: two others than the requester. */
export const POLICY_TIERS = ['none', 'one-click', 'typed', 'two-people'] as const;
export type PolicyTier = (typeof POLICY_TIERS)[number];

export interface RiskView {
  readonly class: ActionClass;
  readonly tier: PolicyTier;
  /** Assets that something is done to which is more than reading; null when they can't be known before the run. */
  readonly changedHosts: number | null;
  readonly reasons: readonly string[];
}

/** What a run does at most. Null: there is no bound below the limits of the plan language. */
export interface BoundsView {
  readonly hosts: number | null;
  /** Attempts of tools, retries included. */
  readonly commands: number | null;
  /** Of the whole run, by the time limits of steps, waits for people and signals left out. */
  readonly minutes: number | null;
  /** By what tools say they usually take; null when one does not say. */
  readonly expectedMinutes: number | null;
  /** Tokens of a model for decision steps: one for each byte asked and answered. */
  readonly tokens: number | null;
}

/** A step in a preview. */
export interface PreviewStepView {
  readonly id: string;
  readonly tool: string;
  readonly toolVersion: string;
  readonly effect: ToolEffect;
  readonly class: ActionClass;
  readonly level: number;
  readonly dependsOn: readonly string[];
  readonly known: Foreknowledge;
  readonly mostItems: number;
  readonly mostAttempts: number;
  readonly concurrency: number;
  /** Largest time of one attempt, in milliseconds. */
  readonly timeoutMs: number;
}

/** Answer to `POST /plans/preview`. It starts nothing. */
export interface PreviewView {
  readonly name: string;
  readonly strategy: string;
  readonly warnings: readonly DiagnosticDto[];
  readonly risk: RiskView;
  readonly bounds: BoundsView;
  readonly steps: readonly PreviewStepView[];
  readonly manifest: Manifest;
  readonly manifest_sha256: string;
}
