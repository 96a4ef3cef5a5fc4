import { applyDecorators } from '@nestjs/common';
import { IsInt, IsISO8601, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Text without control characters and halves of characters, which no Windows name holds. */
export const NAME = /^[^\p{Cc}\p{Cs}]+$/u;
/** {@link NAME} without what PowerShell takes for a wildcard: it names one thing. */
export const EXACT_NAME = /^[^\p{Cc}\p{Cs}*?[\]`]+$/u;
/** {@link NAME} in which `*` and `?` stand for other characters. */
export const PATTERN = /^[^\p{Cc}\p{Cs}[\]`]+$/u;

/** `null` where the host has no such value. */
export function OrNull(): PropertyDecorator {
  return applyDecorators(JSONSchema((schema) => ({ anyOf: [schema, { type: 'null' }] })), IsOptional());
}

/** A point in time that the caller gives, with its zone. */
export function IsTime(): PropertyDecorator {
  return applyDecorators(IsISO8601({ strict: true }), Matches(/(Z|[+-]\d\d:\d\d)$/), MaxLength(40));
}

/** A point in time as the scripts write it: UTC, with milliseconds. */
export function IsUtc(): PropertyDecorator {
  return applyDecorators(IsString(), Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
}

/** A whole number of 0 or more, for example a size in bytes. */
export function IsCount(): PropertyDecorator {
  // The last one's type stands in the schema.
  return applyDecorators(Min(0), IsInt());
}
