/** A constant script of ours, and the tool it belongs to. */
export interface CmdletScript {
  readonly tool: string;
  /** Windows PowerShell 5.1. It never holds a value: the tool's data is in the variable `$data` when it begins. */
  readonly text: string;
}

/**
 * The script of a cmdlet tool.
 *
 * 1. Its text is constant. The first line, `# opsmesh:<tool>@<version>`, names it.
 * 2. `body` finds the tool's input (an object as JSON gave it, names that were left out are `$null`) in `$data` and leaves a hashtable in `$result`.
 * 3. It prints one JSON document to stdout, as UTF-8 whatever the console's code page is, and nothing else: `{"result":{...}}` with exit code 0, or
 *    `{"error":{"category","id","message","acted"}}` with exit code 1. `category` is a name of PowerShell's ErrorCategory; `acted` tells whether the error came after
 *    the body had set `$acted`, which it does right before it changes anything.
 * 4. Dates are ISO 8601 in UTC, enumerations names, sizes bytes, lists always arrays (ConvertTo-Json of 5.1 does none of this by itself).
 */
export function cmdletScript(tool: string, version: string, body: string): CmdletScript {
  return { tool, text: `# opsmesh:${tool}@${version}\n${BEFORE}${body.trim()}\n${AFTER}` };
}

/** Deepest nesting of a result, for `ConvertTo-Json -Depth`; PowerShell 5.1 turns what is deeper into text without a word. */
const DEPTH = 6;

// Functions end in `$null` where they have nothing to say: 5.1 writes the absence of any output as `{}`.
const BEFORE = `$ErrorActionPreference = 'Stop'
$WarningPreference = $VerbosePreference = $DebugPreference = $InformationPreference = $ProgressPreference = 'SilentlyContinue'
$acted = $false
$refusal = @{}
function Utc($t) { if ($null -ne $t -and ([datetime]$t).Year -gt 1601) { ([datetime]$t).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [Globalization.CultureInfo]::InvariantCulture) } else { $null } }
function Local($iso) { [datetime]::Parse($iso, [Globalization.CultureInfo]::InvariantCulture, [Globalization.DateTimeStyles]::RoundtripKind).ToLocalTime() }
function Text($v) { if ($null -ne $v -and "$v" -ne '') { "$v" } else { $null } }
function Short($v) { $s = "$v"; if ($s.Length -gt 8192) { $s.Substring(0, 8192) } elseif ($s -ne '') { $s } else { $null } }
function Quiet([scriptblock]$get) { try { & $get } catch { $null } }
function Refuse($category, $message) { $refusal.category = $category; $refusal.id = 'Refused'; $refusal.message = $message; $refusal.acted = $false; throw $message }
function Tell($answer) {
  $bytes = (New-Object Text.UTF8Encoding $false).GetBytes((ConvertTo-Json -InputObject $answer -Depth ${DEPTH} -Compress))
  $out = [Console]::OpenStandardOutput()
  $out.Write($bytes, 0, $bytes.Length)
  $out.Flush()
}
try {
`;

const AFTER = `  Tell @{ result = $result }
  exit 0
} catch {
  if ($refusal.Count -eq 0) { $refusal = @{ category = "$($_.CategoryInfo.Category)"; id = "$($_.FullyQualifiedErrorId)"; message = "$($_.Exception.Message)"; acted = [bool]$acted } }
  Tell @{ error = $refusal }
  exit 1
}
`;
