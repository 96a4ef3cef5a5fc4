import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min, MinLength, ValidateNested } from 'class-validator';
import { HOST_KEY_POLICIES, type HostKeyPolicy } from '@opsmesh/contracts';
import { ASSET_STATUSES, HOSTNAME, ONE_LINE, PROTOCOLS, TAG, type AssetStatus, type Protocol } from './asset-fields.js';
import { Clearable, IsAddress, IsAttributes, IsHostKeys } from './asset-rules.js';

/** Most tags of one asset. */
export const MAX_TAGS = 64;
/** Most assets in one import. */
const MAX_IMPORT = 10_000;

const HOSTNAME_RULE = { message: 'hostname must be a host name: labels of letters, digits, - and _ with dots between, at most 253 characters' };
const TAG_RULE = { each: true, message: 'each tag must begin and end with a letter or digit, have at most 64 characters, and between them only letters, digits, spaces and . _ : / = @ + -' };
const ONE_LINE_RULE = { message: '$property must be one line without control characters' };
const CERTIFICATES = /^(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)+\s*$/;

/** What can be said of an asset, its name apart. */
export class AssetFieldsDto {
  @Clearable() @IsAddress() ip_address?: string | null;
  @Clearable() @IsString() @MinLength(1) @MaxLength(255) @Matches(ONE_LINE, ONE_LINE_RULE) os?: string | null;
  /** Kept in lower case. */
  @Clearable() @IsString() @MinLength(1) @MaxLength(64) @Matches(ONE_LINE, ONE_LINE_RULE) environment?: string | null;
  /** `active` when a new asset names none. */
  @IsOptional() @IsIn(ASSET_STATUSES) status?: AssetStatus;
  @Clearable() @IsString() @MinLength(1) @MaxLength(255) @Matches(ONE_LINE, ONE_LINE_RULE) location?: string | null;
  /** Kept in lower case, each once, in order. */
  @Clearable() @IsArray() @ArrayMaxSize(MAX_TAGS) @IsString({ each: true }) @Matches(TAG, TAG_RULE) tags?: string[] | null;
  @Clearable() @IsAttributes() attributes?: Record<string, unknown> | null;
  @Clearable() @IsIn(PROTOCOLS) protocol?: Protocol | null;
  /** The protocol's own port when left out: 22 for ssh, 5986 for winrm (5985 without TLS). */
  @Clearable() @IsInt() @Min(1) @Max(65_535) port?: number | null;
  /** A credential of the vault whose kind is the protocol. */
  @Clearable() @IsUUID() credential_id?: string | null;
  /** OpenSSH public keys or lines of a known_hosts file, as ssh-keyscan prints them. */
  @Clearable() @IsString() @MaxLength(16_384) @IsHostKeys() host_key?: string | null;
  @Clearable() @IsIn(HOST_KEY_POLICIES) host_key_policy?: HostKeyPolicy | null;
  /** winrm: whether over TLS; when left out it is, unless the port is 5985. */
  @Clearable() @IsBoolean() tls?: boolean | null;
  /** Certificates to trust for the host instead of the well-known ones, PEM. */
  @Clearable() @IsString() @MaxLength(65_536) @Matches(CERTIFICATES, { message: 'tls_ca must be certificates in PEM format' }) tls_ca?: string | null;
  /** SHA-256 of the host's certificate, hex, with or without colons: only this one is accepted. */
  @Clearable() @IsString() @Matches(/^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, { message: 'tls_fingerprint must be a SHA-256 in hex' }) tls_fingerprint?: string | null;
  /** Id or host name of the SSH asset through which this one is reached; kept as the id. */
  @Clearable() @IsString() @Matches(HOSTNAME, { message: 'jump_host must be an asset id or a host name' }) jump_host?: string | null;
}

/** Input of `asset-create`, body of `POST /assets` and one entry of an import. */
export class CreateAssetDto extends AssetFieldsDto {
  /** Unique in the tenant, upper and lower case being the same. */
  @IsString() @Matches(HOSTNAME, HOSTNAME_RULE) hostname!: string;
}

/** What an update changes; fields that are left out stay, null clears. */
export class AssetChangesDto extends AssetFieldsDto {
  @IsOptional() @IsString() @Matches(HOSTNAME, HOSTNAME_RULE) hostname?: string;
  /** Added to the tags the asset has, or to those given in `tags`. */
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_TAGS) @IsString({ each: true }) @Matches(TAG, TAG_RULE) add_tags?: string[];
  @IsOptional() @IsArray() @ArrayMaxSize(MAX_TAGS) @IsString({ each: true }) @Matches(TAG, TAG_RULE) remove_tags?: string[];
}

/** Body of `PATCH /assets/:id`. */
export class PatchAssetDto extends AssetChangesDto {
  /** Change the asset only while it has this version; else `conflict`. */
  @IsOptional() @IsInt() @Min(1) expected_version?: number;
}

/** Input of `asset-update`. */
export class UpdateAssetDto {
  /** Id or host name of the asset. */
  @IsString() @MinLength(1) @MaxLength(253) asset!: string;
  @IsObject() @ValidateNested() @Type(() => AssetChangesDto) changes!: AssetChangesDto;
  /** Change the asset only while it has this version; else `conflict`. */
  @IsOptional() @IsInt() @Min(1) expected_version?: number;
}

/** Input of `asset-delete`. */
export class DeleteAssetDto {
  /** Id or host name of the asset. */
  @IsString() @MinLength(1) @MaxLength(253) asset!: string;
}

/** Body of `POST /assets/import`. */
export class ImportAssetsDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
  @IsArray() @ArrayMaxSize(MAX_IMPORT) @ValidateNested({ each: true }) @Type(() => CreateAssetDto) assets!: CreateAssetDto[];
}
