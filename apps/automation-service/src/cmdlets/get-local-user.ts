import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsUtc, OrNull, PATTERN } from './fields.js';

export class GetLocalUserInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Account name; `*` and `?` stand for other characters. */
  @IsOptional() @IsString() @Matches(PATTERN) @MaxLength(256) name?: string;
  @IsOptional() @IsBoolean() enabled?: boolean;
}

class LocalUserRow {
  @IsString() name!: string;
  @OrNull() @IsString() full_name!: string | null;
  @OrNull() @IsString() description!: string | null;
  @IsBoolean() enabled!: boolean;
  /** Security identifier, for example `S-1-5-21-...-500`. */
  @IsString() sid!: string;
  @IsBoolean() password_required!: boolean;
  @IsBoolean() user_may_change_password!: boolean;
  @OrNull() @IsUtc() last_logon_at!: string | null;
  @OrNull() @IsUtc() password_last_set_at!: string | null;
  /** Null when it never expires. */
  @OrNull() @IsUtc() password_expires_at!: string | null;
  /** Null when it never expires. */
  @OrNull() @IsUtc() account_expires_at!: string | null;
}

export class GetLocalUserOutput {
  @IsString() host!: string;
  /** Empty when no account fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => LocalUserRow) users!: LocalUserRow[];
}

export const GET_LOCAL_USER = cmdletScript('Get-LocalUser', '1.0.0', String.raw`
  $users = @(Get-LocalUser | Where-Object { (-not $data.name -or $_.Name -like $data.name) -and ($null -eq $data.enabled -or [bool]$_.Enabled -eq $data.enabled) } | ForEach-Object {
    @{
      name = $_.Name; full_name = Text $_.FullName; description = Text $_.Description; enabled = [bool]$_.Enabled; sid = "$($_.SID)"
      password_required = [bool]$_.PasswordRequired; user_may_change_password = [bool]$_.UserMayChangePassword; last_logon_at = Utc $_.LastLogon
      password_last_set_at = Utc $_.PasswordLastSet; password_expires_at = Utc $_.PasswordExpires; account_expires_at = Utc $_.AccountExpires
    }
  })
  $result = @{ users = $users }
`);

@Controller()
export class GetLocalUser {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-LocalUser',
    version: '1.0.0',
    description: 'Lists the local accounts of a Windows host with last logon and password dates, over WinRM.',
    input: GetLocalUserInput,
    output: GetLocalUserOutput,
    listOutput: 'users',
    estimate: { durationMs: 2000 },
    examples: [{ target_host: 'WIN-SQL01', enabled: true }, { target_host: '10.0.0.5', name: 'Admin*' }],
  })
  run({ input, context }: ToolCall<GetLocalUserInput>): Promise<GetLocalUserOutput> {
    return this.cmdlets.run(context, { script: GET_LOCAL_USER, input, output: GetLocalUserOutput });
  }
}
