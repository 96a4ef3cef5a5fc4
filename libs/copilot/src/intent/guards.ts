const SECRET = /\b(?:pass(?:words?|phrases?|codes?|wd)|private keys?|ssh[- ]keys?|api[- ]keys?|secret(?:s| keys?)?|(?:api|access|auth|bearer|session|service|refresh)[- ]tokens?|tokens?|credentials?|creds|pin codes?|vault(?: contents?| entries)?|id_rsa|id_ed25519|htpasswd|kubeconfig|master keys?|encryption keys?)\b|\/etc\/g?shadow\b/i;
const WANTS = /\b(?:what(?:'s|s| is| are| was)?|show|give|tell|print|list|export|dump|read|cat|get|reveal|display|send|need|share|leak|know|which|decrypt|find|see|want|have|view|retrieve|fetch|expose|recover|extract|grep|head|tail|less|more|echo|type|output|include|repeat)\b/i;
/** About when and whether a password was set, which holds no secret. What was found once, in `(?=(...))\1`, is not looked for again further on: that would take as long as the cube of the text's length. */
const NO_SECRET = /\bpasswords? (?:age|policy|policies|expir\w+|last (?:set|changed)|never expires?|required|set at)\b|^(?=(.*?\b(?:when|whose|who)))\1(?=(.*?\bpasswords?\b))\2.*\b(?:set|changed|expires?)\b/i;
const CHANGES_SECRET = /^(?:reset|rotate|change|revoke|set|store|add|register|update|renew|expire)\b/i;
const HOW_TO = /^how (?:do|can|to|should)\b|^where (?:do|can|are)\b.*\b(?:kept|stored|store|put)\b/i;

/** Whether a secret is asked for. The whole text is looked at, what is quoted too. `rest` is the sentence without politeness. */
export function asksForSecret(text: string, rest: string): boolean {
  return SECRET.test(text) && (WANTS.test(text) || /^\S+(?:\s+\S+){0,3}$/.test(rest)) && !NO_SECRET.test(text) && !CHANGES_SECRET.test(rest) && !HOW_TO.test(rest);
}

const TAKES_OVER = /\b(?:ignore|disregard|forget|override|bypass|overrule)\s+(?:\w+\s+){0,4}(?:previous|prior|earlier|above|preceding|former|all|any|your|the|these|those|system)\s+(?:\w+\s+){0,3}(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|directions?|context|restrictions?|approvals?|messages?|safety|checks?)\b|\byou are (?:now|no longer)\b|\bsystem prompt\b|\bdeveloper mode\b|\bjailbreak\b|\bpretend (?:to be|you are|that)\b|\bact as (?:an?|the) (?!soon)\b|\b(?:without|skip(?:ping)?|bypass(?:ing)?|no need for|do not (?:ask|wait) for|don't (?:ask|wait) for)\s+(?:any\s+|the\s+|asking for\s+|my\s+)?(?:approvals?|confirmations?|asking|permission|review)\b|(?:^|\s)<\/?(?:system|assistant|user|tool)>|\[(?:system|inst)\]|^\s*(?:system|assistant)\s*:/im;

/** Whether a text tries to change the rules instead of asking for something. Nothing is planned from such a message. */
export function triesToTakeOver(text: string): boolean {
  return TAKES_OVER.test(text);
}
