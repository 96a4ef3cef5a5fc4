import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AssetQueryDto } from '../inventory/asset-query.dto.js';
import { CreateAssetDto, PatchAssetDto } from '../inventory/asset-write.dto.js';

/** Body of `POST /assets`: the input of `asset-create`, and the tenant if the sender likes to repeat it. */
export class CreateAssetBodyDto extends CreateAssetDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** Body of `PATCH /assets/:id`. */
export class PatchAssetBodyDto extends PatchAssetDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}

/** Body of `POST /assets/query`: the input of `asset-query`. */
export class QueryAssetsBodyDto extends AssetQueryDto {
  @IsOptional() @IsString() @MaxLength(64) tenant_id?: string;
}
