import { IsArray, IsIn, IsInt, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';

/** One finding of the plan compiler or of a body's validation. */
export class DiagnosticDto {
  /** Kebab-case code of a closed list (docs/diagnostics.md). */
  @IsString() code!: string;
  @IsIn(['error', 'warning']) severity!: 'error' | 'warning';
  /** JSON pointer (RFC 6901) of the place in the document. */
  @IsString() pointer!: string;
  @IsString() message!: string;
  /** JSON Patch (RFC 6902) that would mend it. */
  @IsOptional() @IsArray() @IsObject({ each: true }) fix?: PatchOperation[];
}

export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
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
}
