import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsObject, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';

/** Longest life of a grant, in seconds. */
export const GRANT_SECONDS = 60;

/** `POST /internal/attempts/:attemptId/claim`. */
export class ClaimRequestDto {
  @IsString() @MaxLength(128) workerId!: string;
  /** SHA-256 (hex) of the canonical JSON of the job's input, so that the grant names the command that was approved. */
  @Matches(/^[0-9a-f]{64}$/) inputSha256!: string;
  /** RFC 7638 thumbprint of the worker's one-use public key; a credential is sealed to that key only. */
  @Matches(/^[A-Za-z0-9_-]{43}$/) keyThumbprint!: string;
}

export const HOST_KEY_POLICIES = ['strict', 'accept-new', 'off'] as const;
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** How to reach one asset. It holds no secret. */
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
}

/** Answer to a claim that was committed. Refusals are problem documents: `claim-refused`, `target-unknown`, `service-unavailable`. */
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
  readonly credentialId: string | null;
  readonly inputSha256: string;
  /** Thumbprint of the key to which a credential may be sealed. */
  readonly keyThumbprint: string;
  /** SHA-256 of the approved manifest, null for a run that needed no approval. */
  readonly manifestSha256: string | null;
}

/** `POST /internal/connections` on asset-service: which asset a target means. The answer is a {@link ConnectionDto} or a problem. */
export class ConnectionQueryDto {
  @IsString() @MaxLength(64) tenantId!: string;
  /** An asset id, an IP address or a host name. */
  @IsString() @MaxLength(255) target!: string;
  @IsOptional() @IsIn(['ssh', 'winrm']) protocol?: 'ssh' | 'winrm';
}

/** `POST /internal/leases` on asset-service: exchange a grant for one credential, once. */
export class LeaseRequestDto {
  @IsString() @MaxLength(8192) grant!: string;
  /** The worker's one-use public key, a JWK (OKP X25519) as JSON text. */
  @IsString() @MaxLength(1024) publicKey!: string;
}

/** Answer to a lease request: a compact JWE (ECDH-ES, A256GCM) of a {@link Credential}, sealed to the worker's key. */
export class LeaseAnswerDto {
  @IsString() sealed!: string;
}

/** A secret, as it is only inside a sealed lease and in a worker's memory. */
export type Credential =
  | { readonly kind: 'ssh'; readonly username: string; readonly password?: string; readonly privateKey?: string; readonly passphrase?: string }
  | { readonly kind: 'winrm'; readonly username: string; readonly password: string };
