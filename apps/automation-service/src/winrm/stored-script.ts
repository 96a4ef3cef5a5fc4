import { IsBoolean, IsString, Matches } from 'class-validator';
import { cmdletScript } from '../cmdlets/cmdlet-script.js';

export class StoredScript {
  @IsString() host!: string;
  @IsString() @Matches(/^[A-Za-z]:\\[^\0\r\n]*\\opsmesh-[0-9a-f]{24}\\script\.ps1$/) file!: string;
}

export class RemovedScript {
  @IsString() host!: string;
  @IsBoolean() removed!: boolean;
}

/** `$data.nonce` (24 hexadecimal digits) names the folder. */
const FOLDER = "$folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'opsmesh-' + $data.nonce)";

/** Writes `$data.script` into a new folder that only its user may open. With a byte order mark, without which 5.1 takes a script for ANSI text. */
export const STORE_SCRIPT = cmdletScript('store-script', '1.0.0', String.raw`
  ${FOLDER}
  $security = New-Object Security.AccessControl.DirectorySecurity
  $security.SetAccessRuleProtection($true, $false)
  $user = [Security.Principal.WindowsIdentity]::GetCurrent().User
  $security.AddAccessRule((New-Object Security.AccessControl.FileSystemAccessRule $user, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow'))
  $null = [IO.Directory]::CreateDirectory($folder, $security)
  $file = [IO.Path]::Combine($folder, 'script.ps1')
  [IO.File]::WriteAllText($file, $data.script, (New-Object Text.UTF8Encoding $true))
  $result = @{ file = $file }
`);

export const REMOVE_SCRIPT = cmdletScript('remove-script', '1.0.0', String.raw`
  ${FOLDER}
  if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
  $result = @{ removed = -not (Test-Path -LiteralPath $folder) }
`);

/**
 * Runs the file `$data.file` with the arguments `$data.args`: values of an array that is splatted are positional, also where they look like a parameter.
 * Its exit code is that of its `exit`, or of the last program that it ran; 1 when it ends by an error.
 */
export const RUN_STORED_SCRIPT = `# opsmesh:run-stored-script@1.0.0
try { Set-ExecutionPolicy -ExecutionPolicy Bypass -Scope Process -Force -ErrorAction Stop } catch { }
$global:LASTEXITCODE = 0
$arguments = @($data.args)
& $data.file @arguments
exit $LASTEXITCODE
`;
