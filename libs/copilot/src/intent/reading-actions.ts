/** A reading action and how it is recognised; the first that fits is meant. */
interface ReadingAction {
  readonly action: string;
  readonly cue: RegExp;
  /** Nothing of this may be there. */
  readonly unless?: RegExp;
}

const READING: readonly ReadingAction[] = [
  { action: 'capture', cue: /\b(?:capture|sniff|tcpdump)\b.*\b(?:traffic|packets?|between|on|of|from)\b|\brecord\b.*\b(?:traffic|packets?)\b|\bpacket capture\b|\btcpdump\b/ },
  { action: 'connectivity-matrix', cue: /\bconnectivity (?:matrix|between)\b|\breach each other\b|\b(?:full|every) mesh\b.*\bping\b|\bping each other\b/ },
  { action: 'connectivity', cue: /\b(?:can|does|do|whether|if|check|test|that)\s+(?:the\s+)?\S+\s+(?:can\s+)?reach(?:es)?\b|\bconnectivity\s+from\b|\bping\b.*\bfrom\s+(?!the\b)\S|\breach\S*\s+\S+\s+from\b/ },
  { action: 'health-check', cue: /\bhealth[- ]?checks?\b|\bcheck (?:the )?health\b|\bhow healthy\b|\bis\s+\S+\s+healthy\b|\bhealth (?:report|overview) of\b|\boverall health\b/ },
  { action: 'certificate-expiry', cue: /\b(?:tls|ssl|https|x\.?509|server)?\s*cert(?:ificate)?s?\b/ },
  { action: 'dns-lookup', cue: /\bdns\b|\bresolve[sd]?\b|\bnslookup\b|\bdig\b|\b(?:a|aaaa|mx|txt|ns|cname|ptr|soa|srv) records?\b|\breverse lookup\b|\bmail (?:server|exchanger)s? (?:of|for)\b|\bname ?servers? (?:of|for)\b/ },
  { action: 'traceroute', cue: /\btrace\s?routes?\b|\btracert\b|\b(?:trace|show|find)\s+(?:the\s+)?(?:route|path|way)\s+(?:to|from|towards)\b|\bhops? (?:to|between|towards)\b|\bnetwork path to\b/ },
  { action: 'port-check', cue: /\b(?:is|are|whether|if|check|test|does|verify|see)\b.*\b(?:tcp )?ports?\s+\d+.*\b(?:open|closed|reachable|listening|accept|answer\w*|filtered|responding|respond)\b|\bports?\s+\d[\d, and]*\s+(?:open|reachable)\b|\b(?:check|test|verify|try)\s+(?:tcp\s+)?ports?\s+\d|\b(?:listening|listens?|accept\w* connections)\s+on\s+(?:tcp\s+)?(?:port\s+)?\d|\b(?:reach|connect to)\b.*(?::\d{2,5}|\bport\s+\d)|\bis\s+(?:ssh|https?|rdp|smtp|winrm)\s+(?:port\s+)?(?:open|reachable)\b|\b(?:ssh|https?|rdp|smtp|winrm|mysql|postgres|redis|smb|ldap) ports?\b.*\b(?:open|reachable)\b/ },
  { action: 'port-audit', cue: /\bport (?:scan|audit|report)\b|\b(?:port)?scan(?:s|ning)?\b|\bopen ports?\b|\bports? (?:are|is) open\b|\bwhich ports\b|\bexposed (?:ports|services)\b|\bnmap\b|\bports?\s+open\b|\blistening ports\b|\b(?:check|show|list|audit|get)\b.*\bports\b(?!\s*\d)/ },
  { action: 'ping', cue: /\bping(?:s|ed|able)?\b|\b(?:is|are)\s+.*\b(?:reachable|alive|online|responding|pingable)\b|\bwhich\b.*\b(?:reachable|answer(?:ing)?|online|alive|respond(?:ing)?)\b|\breachability\b|\bround[- ]trip\b|\bpacket loss\b|\blatency\b/, unless: /\bservice\b/ },
  { action: 'patch-level', cue: /\bpatch(?:es|ed|ing)? ?(?:level|status|state|report)?\b|\bhot ?fix(?:es)?\b|\b(?:installed|missing|windows|security|pending|latest) updates?\b|\bupdates? (?:are |is )?installed\b|\bkb\d{4,}\b|\binstalled packages?\b|\bpackages? (?:are |is )?installed\b|\bpackage (?:list|versions?)\b|\blist (?:all )?(?:the )?packages\b/ },
  { action: 'user-audit', cue: /\b(?:local )?(?:user|account)s?(?: accounts?)?\s+(?:audit|list|report|exist|are there|on|of|in|across|do)\b|\b(?:local|os|system|unix|windows) (?:users?|accounts?)\b|\buser audit\b|\baudit (?:the )?(?:local )?(?:users?|accounts?)\b|\bwho (?:has|have) (?:an? )?(?:accounts?|login)\b|\b(?:list|show|which|get|what)\b.*\b(?:users|accounts)\b/ },
  { action: 'log-search', cue: /\blogs?\b(?! ?(?:in|on to|into) )|\blogfiles?\b|\bsyslog\b|\bjournal(?:ctl|d)?\b|\bevent ?logs?\b|\b(?:system|application|security) events\b|\bevents\b.*\b(?:error|critical|warning)|\b(?:errors|warnings|critical events)\b.*\b(?:on|in|from|of)\b|\bgrep\b|\b(?:error|warning|critical) events\b/, unless: /\/var\/log\b(?=.*\b(?:full|space|size|big|usage|disk)\b)|(?:\b(?:full|space|size|big|usage|disk)\b.*)\/var\/log\b/ },
  { action: 'disk-report', cue: /\bdis[ck]s?\b|\b(?:[a-z][:-]? )?drives?\b|\bvolumes?\b|\bstorage\b|\bfile ?systems?\b|\bfree space\b|\bspace (?:left|free|available|is left|remaining)\b|\bdf\b|\bmount ?points?\b|\bhow full\b|\bpartitions?\b|\b[a-z]:(?=[\s\\]|$)|\b(?:out of|running low on|low on) space\b|\bused space\b/ },
  { action: 'process-list', cue: /\bprocess(?:es)?\b|\bwhat(?:'s| is) (?:running|using|eating|hogging)\b|\btop (?:\d+ )?(?:cpu|memory)\b|\b(?:memory|cpu|ram) (?:hogs?|consumers?|eaters?)\b|\b(?:using|uses|use|eating|consuming)\b.*\b(?:most|all|too much)\b.*\b(?:memory|cpu|ram)\b|\btask ?list\b/ },
  { action: 'connections', cue: /\b(?:tcp|network|open|established|active|current)\s+(?:tcp |network )?connections?\b|\bnetstat\b|\bsockets?\b|\bconnected to (?:port|it)\b|\bwho is connected\b/ },
  { action: 'service-health', cue: /\bservices?\b.*\b(?:status|state|health|running|up|down|stopped|failed|healthy|list|are|on)\b|\b(?:status|state|health) of\b.*\b(?:service|daemon)?|\b(?:check|list|show|which|what|get|are|is|all|stopped|failed|running)\b.*\bservices?\b|\b(?:is|are|whether|if|check|does|where)\b.*\b(?:up|running|active|stopped|alive|dead|started|down)\b|\bsystemctl status\b|\bservice (?:status|health|state)\b|\bsystemd\b|\b\S+ (?:status|state) (?:on|of|at|for|across)\b/, unless: /\boperating system\b|\bwhat os\b/ },
  { action: 'system-info', cue: /\buptime\b|\bsystem info(?:rmation)?\b|\bkernels?\b|\b(?:how much|total|free|installed|available) (?:memory|ram)\b|\bmemory (?:usage|size|free|available)\b|\b(?:memory|ram)\b|\bcpu(?:s|\s+(?:count|cores|model|usage|load))?\b|\bcores\b|\bhardware\b|\blast (?:boot|reboot|restart)(?:ed)?\b|\bboot(?:ed)? (?:time|since)\b|\bload average\b|\bcomputer info\b|\bserial numbers?\b|\bbios\b|\bhow long\b.*\b(?:up|running)\b|\bos version\b|\bmachine details\b/ },
];

/** The reading action that a text asks for. */
export function readingActionOf(text: string): string | undefined {
  return READING.find((r) => r.cue.test(text) && r.unless?.test(text) !== true)?.action;
}
