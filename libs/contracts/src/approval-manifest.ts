import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsString, Matches, Min, ValidateNested } from 'class-validator';
import { HOST_KEY_POLICIES, type HostKeyPolicy } from './claim.js';
import { OrNull } from './or-null.js';
import { DiagnosticDto } from './problem.js';
import { COMMAND_DIALECTS, TOOL_EFFECTS, type CommandDialect, type ToolEffect } from './tool.js';

/** What a step does, as the server judges it. `uninspectable`: a command of it can't be read, so it may do anything. From harmless to grave. */
export const ACTION_CLASSES = ['read', 'write', 'destructive', 'uninspectable'] as const;
export type ActionClass = (typeof ACTION_CLASSES)[number];

/**
 * How much of a step is known before the run. `exact`: the inputs of every item. `targets`: what it acts on, while inputs depend on results.
 * `nothing`: its targets depend on results too.
 */
export const FOREKNOWLEDGE = ['exact', 'targets', 'nothing'] as const;
export type Foreknowledge = (typeof FOREKNOWLEDGE)[number];

/** What decides to which machine a command goes, and as whom. It holds no secret. */
export class Endpoint {
  @IsString() readonly assetId!: string;
  @IsString() readonly hostname!: string;
  /** IP address or name that is connected to. */
  @IsString() readonly address!: string;
  @IsIn(['ssh', 'winrm']) readonly protocol!: 'ssh' | 'winrm';
  @IsInt() @Min(1) readonly port!: number;
  /** SSH: the known keys as type and fingerprint, `ssh-ed25519 SHA256:...`, each once and sorted. */
  @IsArray() @IsString({ each: true }) readonly hostKeys!: readonly string[];
  /** Null for WinRM. */
  @OrNull() @IsIn(HOST_KEY_POLICIES) readonly hostKeyPolicy!: HostKeyPolicy | null;
  /** WinRM: whether over TLS. Null for SSH. */
  @OrNull() @IsBoolean() readonly tls!: boolean | null;
  /** SHA-256 (hex) of the PEM text of the certificates that are trusted; null: the well-known ones. */
  @OrNull() @IsString() readonly tlsCa!: string | null;
  /** SHA-256 (hex) of the only certificate that is accepted. */
  @OrNull() @IsString() readonly tlsFingerprint!: string | null;
  @IsString() readonly credentialId!: string;
  /** It grows with every new secret of the credential. */
  @IsInt() @Min(1) readonly credentialVersion!: number;
}

/** What of an {@link Endpoint} can differ. `asset`: the target's name means another one. `way`: it is reached through other jump hosts. */
export const ENDPOINT_PARTS = ['asset', 'way', 'hostname', 'address', 'protocol', 'port', 'hostKeys', 'hostKeyPolicy', 'tls', 'tlsCa', 'tlsFingerprint', 'credential'] as const;
export type EndpointPart = (typeof ENDPOINT_PARTS)[number];

/** One difference between what was approved and what the inventory says now. */
export class EndpointChange {
  /** Host name of the target or of the jump host that it is about, as it was approved. */
  @IsString() readonly host!: string;
  @IsIn(ENDPOINT_PARTS) readonly part!: EndpointPart;
  /** As people may see it; empty: there was none. */
  @IsString() readonly before!: string;
  @IsString() readonly after!: string;
}

/** A target that is not reached as it was approved. */
export class ChangedTarget {
  /** Host name, or the target as the plan names it. */
  @IsString() readonly target!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => EndpointChange) readonly changes!: readonly EndpointChange[];
}

/** One action on one target. Texts are shown with hidden characters as `⟨U+202E⟩`; the hash is of the inputs as they are. */
export class ManifestItem {
  /** As the inputs name it; null when the tool has no target. */
  @OrNull() @IsString() readonly target!: string | null;
  /** The asset that was meant when the manifest was made; null for what is none of the inventory. */
  @OrNull() @IsString() readonly assetId!: string | null;
  @OrNull() @IsString() readonly hostname!: string | null;
  /** How the asset is reached: its jump hosts, nearest to us first, and at last itself. Empty when the tool does not connect to it, or the attempt would have been refused. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => Endpoint) readonly endpoints!: readonly Endpoint[];
  /** SHA-256 of the canonical JSON of the bound inputs; null when they are not known before the run. */
  @OrNull() @Matches(/^[0-9a-f]{64}$/) readonly inputsSha256!: string | null;
  /** Inputs, with `[masked]` for what looks like a secret; null when they are those of the step's template. */
  @OrNull() @IsObject() readonly inputs!: Record<string, unknown> | null;
}

export class ManifestCommand {
  @IsString() readonly pointer!: string;
  @IsIn(COMMAND_DIALECTS) readonly dialect!: CommandDialect;
  /** As shown to people; of a step that is not `exact` with its references. */
  @IsString() readonly text!: string;
  @IsIn(ACTION_CLASSES) readonly class!: ActionClass;
  @IsString() readonly why!: string;
}

/** One step of a tool. Steps of other kinds do nothing to a target and are part of the plan's hash only. */
export class ManifestStep {
  /** Id of the step; in a sub-plan after the ids of the steps that run it: `check/alive`. */
  @IsString() readonly step!: string;
  @IsString() readonly tool!: string;
  @IsString() readonly toolVersion!: string;
  @IsIn(TOOL_EFFECTS) readonly effect!: ToolEffect;
  @IsIn(ACTION_CLASSES) readonly class!: ActionClass;
  @IsArray() @IsString({ each: true }) readonly reasons!: readonly string[];
  @IsIn(FOREKNOWLEDGE) readonly known!: Foreknowledge;
  /** Why not everything is known; null when it is. */
  @OrNull() @IsString() readonly because!: string | null;
  /** Whether it may be left out: a condition, a branch or a failure decides during the run. */
  @IsBoolean() readonly conditional!: boolean;
  /** The inputs as the plan has them, references included. */
  @IsObject() readonly template!: Record<string, unknown>;
  /** Commands by what they do, each text once, at most 100. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => ManifestCommand) readonly commands!: readonly ManifestCommand[];
  @IsArray() @ValidateNested({ each: true }) @Type(() => ManifestItem) readonly items!: readonly ManifestItem[];
}

/** Exactly what an approval allows. Its SHA-256 is of its canonical JSON (RFC 8785). */
export class Manifest {
  @IsIn([2]) readonly v!: 2;
  @IsString() readonly tenant!: string;
  /** SHA-256 of the canonical JSON of the compiled plan and the run's inputs. */
  @Matches(/^[0-9a-f]{64}$/) readonly planSha256!: string;
  /** Manifests that were approved before and that this one adds targets to. */
  @OrNull() @IsString() readonly addsTo!: string | null;
  @IsArray() @ValidateNested({ each: true }) @Type(() => ManifestStep) readonly steps!: readonly ManifestStep[];
}

/** Answer to `GET /runs/:id/manifest`. `approval`: the question it belongs to; null: it is the one that binds the run. */
export class ManifestView {
  @Matches(/^[0-9a-f]{64}$/) readonly manifest_sha256!: string;
  @OrNull() @IsString() readonly approval!: string | null;
  @IsObject() @ValidateNested() @Type(() => Manifest) readonly manifest!: Manifest;
}

/** Grades of care. `none`: runs at once. `one-click`, `typed`: one person, the second by typing a text. `two-people`: two others than the requester. */
export const POLICY_TIERS = ['none', 'one-click', 'typed', 'two-people'] as const;
export type PolicyTier = (typeof POLICY_TIERS)[number];

export class RiskView {
  @IsIn(ACTION_CLASSES) readonly class!: ActionClass;
  @IsIn(POLICY_TIERS) readonly tier!: PolicyTier;
  /** Assets that something is done to which is more than reading; null when they can't be known before the run. */
  @OrNull() @IsNumber() @Min(0) readonly changedHosts!: number | null;
  @IsArray() @IsString({ each: true }) readonly reasons!: readonly string[];
}

/** What a run does at most. Null: there is no bound below the limits of the plan language. */
export class BoundsView {
  @OrNull() @IsNumber() @Min(0) readonly hosts!: number | null;
  /** Attempts of tools, retries included. */
  @OrNull() @IsNumber() @Min(0) readonly commands!: number | null;
  /** Of the whole run, by the time limits of steps, waits for people and signals left out. */
  @OrNull() @IsNumber() @Min(0) readonly minutes!: number | null;
  /** By what tools say they usually take; null when one does not say. */
  @OrNull() @IsNumber() @Min(0) readonly expectedMinutes!: number | null;
  /** Tokens of a model for decision steps: one for each byte asked and answered. */
  @OrNull() @IsNumber() @Min(0) readonly tokens!: number | null;
}

/** A step in a preview. */
export class PreviewStepView {
  @IsString() readonly id!: string;
  @IsString() readonly tool!: string;
  @IsString() readonly toolVersion!: string;
  @IsIn(TOOL_EFFECTS) readonly effect!: ToolEffect;
  @IsIn(ACTION_CLASSES) readonly class!: ActionClass;
  @IsInt() @Min(0) readonly level!: number;
  @IsArray() @IsString({ each: true }) readonly dependsOn!: readonly string[];
  @IsIn(FOREKNOWLEDGE) readonly known!: Foreknowledge;
  @IsInt() @Min(0) readonly mostItems!: number;
  @IsInt() @Min(0) readonly mostAttempts!: number;
  @IsInt() @Min(0) readonly concurrency!: number;
  /** Largest time of one attempt, in milliseconds. */
  @IsInt() @Min(0) readonly timeoutMs!: number;
}

/** Answer to `POST /plans/preview`. It starts nothing. */
export class PreviewView {
  @IsString() readonly name!: string;
  @IsString() readonly strategy!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) readonly warnings!: readonly DiagnosticDto[];
  @IsObject() @ValidateNested() @Type(() => RiskView) readonly risk!: RiskView;
  @IsObject() @ValidateNested() @Type(() => BoundsView) readonly bounds!: BoundsView;
  @IsArray() @ValidateNested({ each: true }) @Type(() => PreviewStepView) readonly steps!: readonly PreviewStepView[];
  @IsObject() @ValidateNested() @Type(() => Manifest) readonly manifest!: Manifest;
  @Matches(/^[0-9a-f]{64}$/) readonly manifest_sha256!: string;
}
