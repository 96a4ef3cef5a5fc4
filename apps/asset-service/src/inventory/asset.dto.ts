import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches } from 'class-validator';
import { HOST_KEY_POLICIES, jsonSchemaOf, UUID, type HostKeyPolicy } from '@opsmesh/contracts';
import { ASSET_STATUSES, PROTOCOLS, type AssetStatus, type Protocol } from './asset-fields.js';
import { FitsSchema } from './fits-schema.js';

/** Times are given out in UTC with milliseconds. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An asset as it is given out. A field that is not set, or was not asked for, is absent, so that a reference to it fails closed. */
export class AssetDto {
  @IsOptional() @Matches(UUID) id?: string;
  @IsOptional() @IsString() hostname?: string;
  @IsOptional() @IsString() ip_address?: string;
  @IsOptional() @IsString() os?: string;
  @IsOptional() @IsString() environment?: string;
  @IsOptional() @IsIn(ASSET_STATUSES) status?: AssetStatus;
  @IsOptional() @IsString() location?: string;
  @IsOptional() @IsArray() @IsString({ each: true }) tags?: string[];
  @IsOptional() @IsObject() attributes?: Record<string, unknown>;
  @IsOptional() @IsIn(PROTOCOLS) protocol?: Protocol;
  @IsOptional() @IsInt() port?: number;
  @IsOptional() @Matches(UUID) credential_id?: string;
  @IsOptional() @IsString() host_key?: string;
  @IsOptional() @IsIn(HOST_KEY_POLICIES) host_key_policy?: HostKeyPolicy;
  @IsOptional() @IsBoolean() tls?: boolean;
  @IsOptional() @IsString() tls_ca?: string;
  /** SHA-256, hex in lower case. */
  @IsOptional() @IsString() tls_fingerprint?: string;
  /** Id of the asset through which this one is reached. */
  @IsOptional() @Matches(UUID) jump_host?: string;
  /** Grows by one with every change; give it as `expected_version` to change only what you have seen. */
  @IsOptional() @IsInt() version?: number;
  @IsOptional() @Matches(ISO_TIME) created_at?: string;
  @IsOptional() @Matches(ISO_TIME) updated_at?: string;
}

/**
 * Assets in an answer. They are checked by the schema of {@link AssetDto} and not one by one by class-validator, which takes two seconds
 * for 10,000 of them and would keep the worker's heartbeat waiting.
 */
const AssetArray = (): PropertyDecorator => FitsSchema({ type: 'array', items: jsonSchemaOf(AssetDto) }, 'a list of assets');

/** Output of `asset-query`. */
export class AssetQueryResultDto {
  @AssetArray() assets!: AssetDto[];
  /** Number of assets in this answer. */
  @IsInt() asset_count!: number;
  /** Host names of the assets, in their order. */
  @IsArray() @IsString({ each: true }) hostnames!: string[];
  /** Addresses of those assets that have one, in their order. */
  @IsArray() @IsString({ each: true }) ip_addresses!: string[];
  /** Number of assets that match, in this answer or not. */
  @IsInt() total!: number;
  /** Whether matching assets were left out after these because of the limit. */
  @IsBoolean() truncated!: boolean;
}

/** Output of `asset-list`. */
export class AssetPageDto {
  @AssetArray() assets!: AssetDto[];
  @IsInt() asset_count!: number;
  @IsInt() total!: number;
  /** Give it as `cursor` to get what follows; absent at the end. */
  @IsOptional() @IsString() next?: string;
}

/** Output of `asset-delete`. */
export class AssetDeletedDto {
  /** False when there was no such asset (any more). */
  @IsBoolean() deleted!: boolean;
  @IsOptional() @Matches(UUID) id?: string;
  @IsOptional() @IsString() hostname?: string;
}

/** Answer to an import. */
export class ImportResultDto {
  @IsInt() created!: number;
  @IsInt() updated!: number;
  /** Assets that were as given already. */
  @IsInt() unchanged!: number;
  @IsInt() total!: number;
}
