import { IsBoolean, IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { ONE_LINE, PROTOCOLS, type Protocol } from '../inventory/asset-fields.js';

const ONE_LINE_RULE = { message: '$property must be one line without control characters' };
const NO_NUL = { message: '$property must not contain NUL' };

/** The secret part of a credential. ssh: at least one of a password, a private key (with its passphrase) and the worker's agent; winrm: a password, or a certificate with its private key. */
export class CredentialSecretDto {
  /** For winrm also `DOMAIN\user` or `user@domain`. */
  @IsString() @MinLength(1) @MaxLength(256) @Matches(ONE_LINE, ONE_LINE_RULE) username!: string;
  @IsOptional() @IsString() @MinLength(1) @MaxLength(1024) @Matches(/^[^\0]*$/, NO_NUL) password?: string;
  /** PEM or OpenSSH format. */
  @IsOptional() @IsString() @MaxLength(32_768) @Matches(/^\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^\0]+$/, { message: 'privateKey must be a private key in PEM or OpenSSH format' }) privateKey?: string;
  @IsOptional() @IsString() @MinLength(1) @MaxLength(1024) @Matches(/^[^\0]*$/, NO_NUL) passphrase?: string;
  /** ssh: log in with the keys of the worker's SSH agent, where its settings allow it. */
  @IsOptional() @IsBoolean() useAgent?: boolean;
  /** ssh: what sudo asks for, when it is not the password. */
  @IsOptional() @IsString() @MinLength(1) @MaxLength(1024) @Matches(/^[^\0\r\n]*$/, { message: '$property must be one line' }) sudoPassword?: string;
  /** winrm: client certificate with its chain, PEM. */
  @IsOptional() @IsString() @MaxLength(32_768) @Matches(/^\s*-----BEGIN CERTIFICATE-----[^\0]+$/, { message: 'certificate must be a certificate in PEM format' }) certificate?: string;
}

/** Body of `POST /credentials`. */
export class CreateCredentialDto extends CredentialSecretDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
  /** Unique in the tenant. */
  @IsString() @MinLength(1) @MaxLength(128) @Matches(ONE_LINE, ONE_LINE_RULE) name!: string;
  @IsIn(PROTOCOLS) kind!: Protocol;
  /** The one asset that the credential may be used for; it is deleted with it. Left out: any asset that names it. */
  @ValidateIf((c: CreateCredentialDto) => c.assetId !== undefined) @IsUUID() assetId?: string;
}

/** Body of `PUT /credentials/:id`: the whole secret anew, as the next version. */
export class ReplaceCredentialDto extends CredentialSecretDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** All that is ever told of a credential. */
export interface CredentialView {
  readonly id: string;
  readonly name: string;
  readonly kind: Protocol;
  readonly username: string;
  readonly assetId: string | null;
  readonly version: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
