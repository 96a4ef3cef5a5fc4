import type { Judgement } from './command-judgement.js';

/** Verbs after which nothing is as it was (Approved Verbs for PowerShell Commands). */
const DESTROYING = /(?:^|[\s;|&({=])((?:Remove|Clear|Stop|Restart|Format|Uninstall|Disable|Reset|Dismount|Revoke|Initialize|Suspend|Unregister|Deny|Block)-\w+|Invoke-Expression|iex|shutdown|del|erase|rmdir|rd|rm|ri|kill|spps|sc\.exe|diskpart|format|bcdedit|vssadmin|wevtutil|reg)(?![\w-])/i;

/**
 * A hint about a script of PowerShell: its verbs can only make it graver. They never make it reading, since aliases, functions, methods and modules
 * can be named anything.
 */
export function judgePowerShell(script: string): Judgement {
  const verb = DESTROYING.exec(script)?.[1];
  if (verb !== undefined) return { class: 'destructive', why: `"${verb}" is a sign that it can't be undone` };
  return { class: 'write', why: 'a script of PowerShell is not judged by its syntax' };
}
