import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { MAX_BATCH } from './batch.js';
import { PlainMessage } from './validate.js';

/** Longest life of a grant, in seconds. */
export const GRANT_SECONDS = 60;

/** Who claims an attempt, and for what. */
@PlainMessage()
export class ClaimRequestDto {
  @IsString() @MaxLength(128) workerId!: string;
  /** SHA-256 (hex) of the canonical JSON of the job's input, so that the grant names the command that was approved. */
  @Matches(/^[0-9a-f]{64}$/) inputSha256!: string;
  /** RFC 7638 thumbprint of the worker's one-use public key; a credential is sealed to that key only. */
  @Matches(/^[A-Za-z0-9_-]{43}$/) keyThumbprint!: string;
}

/** The claim of one attempt. */
@PlainMessage()
export class AttemptClaimDto extends ClaimRequestDto {
  @IsString() @MaxLength(256) attemptId!: string;
}

/** `POST /internal/claims`: each is answered by a {@link ClaimAnswerDto} or its own problem: `forbidden` (the tool is another service's), `claim-refused`, `manifest-mismatch`, `target-changed`, `target-unknown`, `target-refused`, `service-unavailable`. */
@PlainMessage()
export class ClaimBatchDto {
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(MAX_BATCH) @ValidateNested({ each: true }) @Type(() => AttemptClaimDto) batch!: AttemptClaimDto[];
}

export const HOST_KEY_POLICIES = ['strict', 'accept-new', 'off'] as const;
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** Most jump hosts on the way to a target. */
export const MAX_HOPS = 4;

/** How to reach one asset. It holds no secret. */
@PlainMessage()
export class ConnectionDto {
  @IsString() @MaxLength(64) assetId!: string;
  @IsString() @MaxLength(255) hostname!: string;
  /** IP address or name to connect to. */
  @IsString() @MaxLength(255) address!: string;
  @IsIn(['ssh', 'winrm']) protocol!: 'ssh' | 'winrm';
  @IsInt() @Min(1) @Max(65535) port!: number;
  @IsOptional() @IsString() @MaxLength(64) credentialId?: string;
  /** Known host keys, one OpenSSH public key (`ssh-ed25519 AAAA...`) a line. */
  @IsOptional() @IsString() @MaxLength(16_384) hostKey?: string;
  @IsOptional() @IsIn(HOST_KEY_POLICIES) hostKeyPolicy?: HostKeyPolicy;
  /** WinRM: whether it is spoken over TLS. */
  @IsOptional() @IsBoolean() tls?: boolean;
  /** Certificates that sign the host's one, PEM; beside them none is trusted. */
  @IsOptional() @IsString() @MaxLength(65_536) tlsCa?: string;
  /** SHA-256 of the host's certificate (DER), hex in lower case: only this very certificate is accepted. */
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) tlsFingerprint?: string;
  /** SSH: the jump hosts on the way, nearest to us first. Each has a credential and host keys of its own, and no `via`. */
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_HOPS) @ValidateNested({ each: true }) @Type(() => ConnectionDto) via?: ConnectionDto[];
}

/** Answer to a claim that was committed. */
@PlainMessage()
export class ClaimAnswerDto {
  /** The grant, a compact JWS (EdDSA) with the claims of {@link GrantClaims}. */
  @IsString() grant!: string;
  @IsISO8601() expiresAt!: string;
  /** Present when the tool needs a credential. */
  @IsOptional() @IsObject() @ValidateNested() @Type(() => ConnectionDto) connection?: ConnectionDto;
}

/** What a grant is bound to. `exp` is at most {@link GRANT_SECONDS} ahead. */
export interface GrantClaims {
  /** Unique to one claim, so that the grant is used once; an idempotent attempt may be claimed again and has another then. */
  readonly jti: string;
  /** The attempt id. */
  readonly attempt: string;
  readonly exp: number;
  readonly iat: number;
  readonly tenant: string;
  readonly worker: string;
  readonly tool: string;
  /** Asset ids the attempt may act on; empty when the tool has no target. */
  readonly targets: readonly string[];
  /** Asset ids the attempt may pass through as jump hosts. */
  readonly via: readonly string[];
  /** Credentials of the target and the jump hosts, each once; every one may be leased once. */
  readonly credentialIds: readonly string[];
  readonly inputSha256: string;
  /** Thumbprint of the key to which a credential may be sealed. */
  readonly keyThumbprint: string;
  /** SHA-256 of the approved manifest, null for a run that needed no approval. */
  readonly manifestSha256: string | null;
  /** Digest of the endpoints of the jump hosts, nearest to us first, and the target, as they were approved; null when none were. No credential is leased while the inventory has others. */
  readonly endpointsSha256: string | null;
}

/** Which asset a target means. */
@PlainMessage()
export class ConnectionQueryDto {
  @IsString() @MaxLength(64) tenantId!: string;
  /** An asset id, an IP address or a host name. */
  @IsString() @MaxLength(255) target!: string;
  @IsOptional() @IsIn(['ssh', 'winrm']) protocol?: 'ssh' | 'winrm';
}

/** `POST /internal/connections` on asset-service: each is answered by a {@link ConnectionDto} or its own problem: `target-unknown`, `target-ambiguous`, `target-refused`. */
@PlainMessage()
export class ConnectionBatchDto {
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(MAX_BATCH) @ValidateNested({ each: true }) @Type(() => ConnectionQueryDto) batch!: ConnectionQueryDto[];
}

/** Exchange a grant for one of its credentials, each once. */
@PlainMessage()
export class LeaseRequestDto {
  @IsString() @MaxLength(8192) grant!: string;
  /** Which of the grant's credentials. */
  @IsString() @MaxLength(64) credentialId!: string;
  /** The worker's one-use public key, a JWK (OKP X25519) as JSON text. */
  @IsString() @MaxLength(1024) publicKey!: string;
}

/** `POST /internal/leases` on asset-service: each is answered by a {@link LeaseAnswerDto} or its own problem: `grant-invalid`, `grant-expired`, `grant-used`, `credential-unavailable`, `target-changed`, `target-refused`. */
@PlainMessage()
export class LeaseBatchDto {
  @IsArray() @ArrayMinSize(1) @ArrayMaxSize(MAX_BATCH) @ValidateNested({ each: true }) @Type(() => LeaseRequestDto) batch!: LeaseRequestDto[];
}

/** Answer to a lease request: a compact JWE (ECDH-ES, A256GCM) of a {@link Credential}, sealed to the worker's key. */
export class LeaseAnswerDto {
  @IsString() sealed!: string;
}

/** A secret, as it is only inside a sealed lease and in a worker's memory. */
export type Credential = SshCredential | WinrmCredential;

/** At least one of `password`, `privateKey` and `useAgent`. */
export interface SshCredential {
  readonly kind: 'ssh';
  readonly username: string;
  readonly password?: string;
  /** PEM or OpenSSH format. */
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** Log in with the keys of the worker's SSH agent, where the worker's own settings allow it. */
  readonly useAgent?: boolean;
  /** What sudo asks for; `password` when left out. */
  readonly sudoPassword?: string;
}

/** Either `password` or `certificate` with `privateKey` (TLS only). */
export interface WinrmCredential {
  readonly kind: 'winrm';
  readonly username: string;
  readonly password?: string;
  /** Client certificate with its chain, PEM. */
  readonly certificate?: string;
  /** PEM. */
  readonly privateKey?: string;
  readonly passphrase?: string;
}
