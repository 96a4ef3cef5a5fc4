import { applyDecorators } from '@nestjs/common';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** What the answer calls the host instead of its target. It is only shown: never looked up, never given to a program. */
export function IsShownName(): PropertyDecorator {
  return applyDecorators(
    JSONSchema({ description: 'What people call the host, for example the name of the asset whose address is the target; the answer leads with it. Left out: the target itself.' }),
    IsOptional(), IsString(), MaxLength(253), Matches(/^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]+$/u),
  );
}
