import { IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';

/** One operation of a JSON Patch (RFC 6902). */
export class PatchOperation {
  @IsIn(['add', 'remove', 'replace']) readonly op!: 'add' | 'remove' | 'replace';
  @IsString() readonly path!: string;
  @IsOptional() readonly value?: unknown;
}

/** One finding of the plan compiler or of a body's validation. */
export class DiagnosticDto {
  /** Kebab-case code of a closed list (docs/diagnostics.md). */
  @IsString() code!: string;
  @IsIn(['error', 'warning']) severity!: 'error' | 'warning';
  /** JSON pointer (RFC 6901) of the place in the document. */
  @IsString() pointer!: string;
  @IsString() message!: string;
  /** JSON Patch (RFC 6902) that would mend it. */
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => PatchOperation) fix?: PatchOperation[];
}

/** RFC 9457 problem document; `application/problem+json`. `code` is stable, `detail` is for people. */
export class ProblemDto {
  /** `urn:opsmesh:problem:<code>`. */
  @IsString() type!: string;
  @IsString() title!: string;
  @IsInt() status!: number;
  @IsString() code!: string;
  @IsOptional() @IsString() detail?: string;
  /** Path of the request. */
  @IsOptional() @IsString() instance?: string;
  /** Where in the body or plan, one entry a finding. */
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) errors?: DiagnosticDto[];
  /** The run to look at, where it is not known whether the request started or changed it. */
  @IsOptional() @IsString() run_id?: string;
}
