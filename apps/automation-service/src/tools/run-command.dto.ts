import { IsBoolean, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { IsSudo, type SudoInput } from './sudo-input.js';

export class RunCommandInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Script for the POSIX shell of the host. */
  @IsString() @IsNotEmpty() @MaxLength(65_536) command!: string;
  /** Folder to run in, absolute or relative to the user's home folder. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(4096) cwd?: string;
  /** Text for the command's stdin. */
  @IsOptional() @IsString() @MaxLength(1_048_576) stdin?: string;
  /** Environment variables: names like `LANG`, values are texts. */
  @IsOptional() @IsObject() env?: Record<string, string>;
  /** Run the command as root (true) or as another user, by sudo; the password, where sudo asks for one, is the credential's. */
  @IsSudo() sudo?: SudoInput;
  /** Give the command a terminal, for programs that insist on one; stderr comes with stdout then, and there is no stdin. */
  @IsOptional() @IsBoolean() pty?: boolean;
  /** Most bytes kept of each output stream (default 1 MiB); the rest is dropped and `truncated` says so. */
  @IsOptional() @IsInt() @Min(1) @Max(8_388_608) maxOutputBytes?: number;
  /** Longest time without any output, in milliseconds. */
  @IsOptional() @IsInt() @Min(100) @Max(86_400_000) idleTimeoutMs?: number;
}

export class RunCommandOutput {
  @IsString() host!: string;
  @IsInt() exitCode!: number;
  @IsString() stdout!: string;
  @IsString() stderr!: string;
  /** True when stdout or stderr was longer than what is kept. */
  @IsBoolean() truncated!: boolean;
  /** Time on the host, waiting for its turn included, in milliseconds. */
  @IsInt() durationMs!: number;
}
