import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

export class InterfaceListInput {
  @JSONSchema({ description: 'Whether only interfaces that are up are wanted.', default: false })
  @IsOptional() @IsBoolean() onlyUp?: boolean;
}

class InterfaceDto {
  @IsString() name!: string;
  /** `up`, `down`, `unknown` (as loopback is) or another word of RFC 2863. */
  @IsString() state!: string;
  @JSONSchema({ type: ['string', 'null'] as never })
  @IsOptional() @IsString() mac!: string | null;
  /** Largest packet, in bytes. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() @Min(0) mtu!: number | null;
  /** Bits a second; null where there is no such figure, as on virtual interfaces. */
  @JSONSchema({ type: ['integer', 'null'] as never })
  @IsOptional() @IsInt() @Min(0) speed!: number | null;
  /** With the length of the prefix: `10.0.0.5/24`. */
  @IsArray() @IsString({ each: true }) addresses!: string[];
}

export class InterfaceListOutput {
  @IsArray() @ValidateNested({ each: true }) @Type(() => InterfaceDto) interfaces!: InterfaceDto[];
  /** Addresses left out, because they are outside the networks of the tenant or protected. */
  @IsInt() @Min(0) hiddenAddresses!: number;
}
