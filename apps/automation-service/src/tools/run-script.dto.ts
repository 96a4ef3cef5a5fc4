import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { RunCommandOutput } from './run-command.dto.js';
import { IsSudo, type SudoInput } from './sudo-input.js';

/** Shells whose language is that of the shell, so that values in a script are bound as its data. */
const INTERPRETERS = ['sh', 'bash', 'dash', 'ksh'] as const;

export class RunScriptInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** For hosts that are reached by SSH: the script, in the language of the POSIX shell. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(524_288) script?: string;
  /** For hosts that are reached by WinRM: the script, for Windows PowerShell. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(524_288) powershell?: string;
  /** Shell that runs `script`; `sh` by default. */
  @IsOptional() @IsIn(INTERPRETERS) interpreter?: (typeof INTERPRETERS)[number];
  /** Arguments of the script. */
  @IsOptional() @IsArray() @ArrayMaxSize(256) @IsString({ each: true }) @MaxLength(8192, { each: true }) args?: string[];
  /** Folder to run in, absolute or relative to the user's home folder. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(4096) cwd?: string;
  /** Text for the script's stdin. */
  @IsOptional() @IsString() @MaxLength(1_048_576) stdin?: string;
  /** Environment variables: names like `LANG`, values are texts. */
  @IsOptional() @IsObject() env?: Record<string, string>;
  /** SSH: run the script as root (true) or as another user, by sudo. */
  @IsSudo() sudo?: SudoInput;
  /** Most bytes kept of each output stream (default 1 MiB); the rest is dropped and `truncated` says so. */
  @IsOptional() @IsInt() @Min(1) @Max(8_388_608) maxOutputBytes?: number;
  /** Longest time without any output, in milliseconds. */
  @IsOptional() @IsInt() @Min(100) @Max(86_400_000) idleTimeoutMs?: number;
}

export class RunScriptOutput extends RunCommandOutput {
  /** Whether the host confirmed that the uploaded script is gone again. */
  @IsBoolean() removed!: boolean;
}
