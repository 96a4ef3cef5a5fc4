import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsString, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { OrNull } from './or-null.js';
import { DiagnosticDto } from './problem.js';

/** What all steps of a compiled plan have; each kind has more (docs/plan-language.md). */
@JSONSchema({ additionalProperties: true })
export class CompiledStepView {
  /** Position in the plan, from 0. */
  @IsInt() @Min(0) readonly index!: number;
  @IsString() readonly id!: string;
  @IsString() readonly kind!: string;
  /** Topological level, from 0; in a container beyond the container's own. */
  @IsInt() @Min(0) readonly level!: number;
  /** Indexes of steps. */
  @IsArray() @IsInt({ each: true }) readonly dependsOn!: readonly number[];
  @IsObject() readonly inputs!: object;
}

/** A plan with every name resolved and every default filled in. */
export class CompiledPlanView {
  @IsIn([1]) readonly version!: 1;
  @IsString() readonly name!: string;
  @IsObject() readonly inputs!: object;
  @IsArray() @ValidateNested({ each: true }) @Type(() => CompiledStepView) readonly steps!: readonly CompiledStepView[];
  @IsIn(['PARALLEL', 'SERIAL', 'DAG']) readonly strategy!: 'PARALLEL' | 'SERIAL' | 'DAG';
  /** Time the whole run may take, in milliseconds; null: no limit. */
  @OrNull() @IsInt() @Min(1) readonly timeoutMs!: number | null;
}

/** Answer to `POST /plans/compile`: `plan` is null when there is an error among the diagnostics. */
export class CompiledView {
  @IsBoolean() readonly ok!: boolean;
  @IsArray() @ValidateNested({ each: true }) @Type(() => DiagnosticDto) readonly diagnostics!: readonly DiagnosticDto[];
  @OrNull() @IsObject() @ValidateNested() @Type(() => CompiledPlanView) readonly plan!: CompiledPlanView | null;
}
