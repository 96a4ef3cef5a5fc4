import { LONGEST_JUDGED, TOO_LONG, type Judgement } from './command-judgement.js';

/** Where a command may begin, or a word of another shell's command line. */
const BEFORE = String.raw`(?:^|[\s;|&({="'\x60,!])`;
/** Verbs after which nothing is as it was (Approved Verbs for PowerShell Commands), their aliases, and programs. PowerShell takes other dashes for a hyphen. */
const DESTROYING = new RegExp(String.raw`${BEFORE}((?:Remove|Clear|Stop|Restart|Format|Uninstall|Disable|Reset|Dismount|Revoke|Initialize|Suspend|Unregister|Deny|Block)[-\u2013-\u2015]\w+|shutdown|del|erase|rmdir|rd|rm|ri|rp|rdr|clc|clp|cli|kill|spps|spsv|sc\.exe|taskkill|diskpart|format|bcdedit|vssadmin|wevtutil|reg|cipher|wbadmin|net1?(?=\s+stop))(?![\w-])`, 'i');
/** They take away what is named with `/delete`. */
const NET = new RegExp(String.raw`${BEFORE}(net1?)\s+(?:user|share)\b`, 'i');
/** Methods of objects that do the same. */
const DESTROYING_METHOD = /(?:\.|::)\s*(Delete\w*|Kill|Terminate|Shutdown|Reboot|Win32Shutdown|StopService|Uninstall)\s*\(/i;
/** What runs code that stands elsewhere or is made while it runs. */
const RUNS_CODE = new RegExp(String.raw`${BEFORE}(Invoke-Expression|iex|Invoke-Command|icm|Start-Process|saps|start|Add-Type|Start-Job|sajb|New-Service|Register-ScheduledTask|schtasks|wmic|mshta|rundll32|regsvr32|cscript|wscript|bash|wsl|cmd(?:\.exe)?\s+/c|powershell|pwsh)(?![\w-])|(?:^|\s)-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{16,}|FromBase64String|\[scriptblock\]|ScriptBlock\]?::|DownloadString|InvokeScript|Reflection\.Assembly|(?:^|[\s;|({])[&.]\s*(?:[$("']|\.{0,2}[\\/]|[A-Za-z]:\\)`, 'i');

/**
 * A hint about a script of PowerShell: what is recognised can only make it graver. Nothing makes it reading, since aliases, functions, methods and modules
 * can be named anything.
 */
export function judgePowerShell(script: string): Judgement {
  if (script.length > LONGEST_JUDGED) return TOO_LONG;
  const plain = script.replace(/\x60(?=\w)/g, '');
  const code = RUNS_CODE.exec(plain);
  if (code) return { class: 'uninspectable', why: `"${code[0].trim()}" runs code that is not judged here` };
  const verb = DESTROYING.exec(plain)?.[1] ?? DESTROYING_METHOD.exec(plain)?.[1] ?? deletingNet(plain);
  if (verb !== undefined) return { class: 'destructive', why: `"${verb}" is a sign that it can't be undone` };
  return { class: 'write', why: 'a script of PowerShell is not judged by its syntax' };
}

/** The name of `net`, when it stands before a `/delete`, wherever that is. */
function deletingNet(script: string): string | undefined {
  const found = NET.exec(script);
  return found && /\/delete/i.test(script.slice(found.index)) ? found[1] : undefined;
}
