import type { Word } from './posix-syntax.js';

/** Whether a program only reads when it is called so: undefined, or why not. */
export type Reading = (args: readonly Word[]) => string | undefined;

const always: Reading = () => undefined;

/** Reads unless one of these options is among its arguments. Options may be bundled and abbreviated, so what merely could be one of them counts. */
function without(letters: string, ...long: readonly string[]): Reading {
  return (args) => {
    for (const { text, expands } of args) {
      if (expands === 'anything') return 'an argument that is only known when it runs could be an option';
      if (text === '--') return undefined;
      const name = text.split('=')[0]!;
      if (/^--./.test(text) ? long.some((l) => l.startsWith(name)) : /^-./.test(text) && [...letters].some((l) => name.includes(l))) return `with "${text}" it does more than read`;
    }
    return undefined;
  };
}

/** Reads when all its options are of these, and it has at most so many operands. */
function only(options: RegExp, operands = Infinity): Reading {
  return (args) => {
    const unknown = args.find((a) => a.expands === 'anything' || (/^[-+]./.test(a.text) && !options.test(a.text)));
    if (unknown) return `"${unknown.text || 'an argument that is only known when it runs'}" is not known to only read`;
    return args.filter((a) => !/^-./.test(a.text)).length > operands ? 'with so many arguments it does more than read' : undefined;
  };
}

/** Reads when its first argument that is no option is one of these; without one when `bare`. Options before it must be of `options`. */
function verbs(list: string, { bare = false, options = /^$/, then }: { bare?: boolean; options?: RegExp; then?: Reading } = {}): Reading {
  const known = new Set(list.split(' '));
  return (args) => {
    const at = args.findIndex((a) => a.expands !== 'nothing' || !options.test(a.text));
    if (at < 0) return bare ? undefined : 'it says nothing of what to do';
    const verb = args[at]!;
    if (verb.expands !== 'nothing' || !known.has(verb.text)) return `"${verb.text}" is not known to only read`;
    return then?.(args.slice(at + 1));
  };
}

/** `sed` scripts that print, delete lines of the output or replace text in it. Its commands w, e and r are left out. */
const SED = /^(((\d+|\$)(,(\d+|\$))?)?\s*[pdq=]|((\d+|\$)(,(\d+|\$))?)?s([/|#,:])(?:(?!\10)[^\\\n]|\\[^\n])*\10(?:(?!\10)[^\\\n]|\\[^\n])*\10[gpiI0-9]*|\/[^/\\\n]*\/[pd])$/;

const sed: Reading = (args) => {
  const rest = args.filter((a) => !/^-[nErz]+$/.test(a.text));
  const script = rest[0];
  if (args.some((a) => a.expands === 'anything')) return 'an argument that is only known when it runs could be an option';
  return script && script.expands === 'nothing' && SED.test(script.text) && rest.slice(1).every((a) => !a.text.startsWith('-')) ? undefined : 'its script is not known to only read';
};

const awk: Reading = (args) => {
  const rest = [...args];
  while (rest[0] && /^-[Fv]/.test(rest[0].text)) rest.splice(0, /^-[Fv]$/.test(rest[0].text) ? 2 : 1);
  const program = rest[0];
  if (rest.some((a) => a.expands === 'anything') || !program || program.expands !== 'nothing' || program.text.startsWith('-')) return 'its program can\'t be read';
  return /[|>@]|system|getline|close|printf?\s*\(?.*>|-f/.test(program.text) ? 'its program is not known to only read' : undefined;
};

const find: Reading = (args) => {
  if (args.some((a) => a.expands === 'anything')) return 'an argument that is only known when it runs could be an action';
  const action = args.find((a) => /^-(delete|exec|execdir|ok|okdir|fprint|fprint0|fprintf|fls)$/.test(a.text));
  return action ? `with "${action.text}" it does more than read` : undefined;
};

const date: Reading = (args) => {
  const other = args.find((a) => a.expands === 'anything' || !(/^[+]/.test(a.text) || /^(-u|--utc|-R|-I\w*|--iso-8601(=\w+)?|--rfc-\d+(=\w+)?)$/.test(a.text)));
  return other ? `"${other.text}" could set the clock` : undefined;
};

const sysctl: Reading = (args) => {
  const other = args.find((a) => a.expands !== 'nothing' || a.text.includes('=') || (a.text.startsWith('-') && !/^-[anNeb]+$/.test(a.text)));
  return other ? `"${other.text}" could set something` : undefined;
};

const ip: Reading = (args) => {
  const rest = args.filter((a) => !/^-(4|6|s|d|o|j|p|br|brief|json|color|details|statistics|oneline)$/.test(a.text));
  if (rest.some((a) => a.expands === 'anything')) return 'an argument is only known when it runs';
  const [object, verb] = rest;
  if (!object || !/^(a|addr|address|l|link|r|route|n|neigh|neighbour|rule|maddr|tunnel)$/.test(object.text)) return 'what it looks at is not known to be harmless';
  return !verb || /^(s|sh|show|list|ls|get)$/.test(verb.text) ? undefined : `"${verb.text}" does more than read`;
};

const openssl = verbs('version x509 verify s_client ciphers');
const opensslReads: Reading = (args) => openssl(args) ?? (args.some((a) => a.expands === 'anything' || /^-(out|keyout|write|sess_out|keylog|engine|provider|config|rand|CAserial|CAcreateserial|signkey|CA$|force_pubkey)/.test(a.text)) ? 'one of its options does more than read' : undefined);
const service: Reading = (args) => (args.length === 2 && args[1]!.text === 'status' && args.every((a) => a.expands !== 'anything') ? undefined : 'only "service NAME status" is known to only read');

const set: Reading = (args) => (args.every((a) => a.expands === 'nothing' && (/^[-+][euxo]+$/.test(a.text) || a.text === 'pipefail')) ? undefined : 'it sets arguments');

const ALWAYS = 'true false : echo test [ pwd whoami id groups uname uptime arch nproc df du free vmstat iostat mpstat lscpu lsblk lsmem lsusb lspci lsmod lsns ls stat readlink realpath basename dirname wc head tail cat tac nl cut tr rev '
  + 'fold comm join paste md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum strings od hexdump seq cal ps pgrep pidof pstree who w users last lastb lastlog getent locale tty printenv grep egrep fgrep zgrep zcat bzcat xzcat '
  + 'zstdcat cmp diff which whereis type ping ping6 traceroute tracepath mtr dig nslookup host getfacl lsattr findmnt getconf sestatus getenforce sleep cd exit return break continue blkid lslocks netstat expand unexpand numfmt factor pathchk logname hostid column jq';

const RULES: Readonly<Record<string, Reading>> = {
  printf: without('v'), file: without('C', '--compile'), sort: without('oT', '--output', '--compress-program', '--temporary-directory'), uniq: only(/^-/, 1), xxd: only(/^-[aAbceEgilopsu]/, 1), env: only(/^$/, 0),
  hostname: only(/^-[fiIsdAy]$|^--(fqdn|short|ip-address|all-ip-addresses|domain)$/, 0), ifconfig: only(/^-[as]$/, 1), route: only(/^-[n46ev]+$/, 0), arp: only(/^-[anve]+$/), mount: only(/^-l$/, 0), swapon: only(/^(-s|--show.*|--summary)$/, 0),
  ss: without('KD', '--kill', '--diag'), lsof: without('D'), top: (args) => (args.some((a) => /^-\w*b/.test(a.text)) ? without('')(args) : 'without -b it waits for keys'),
  journalctl: without('', '--rotate', '--vacuum-size', '--vacuum-time', '--vacuum-files', '--flush', '--sync', '--relinquish-var', '--smart-relinquish-var', '--update-catalog', '--setup-keys', '--cursor-file'),
  dmesg: only(/^(-[THwWkuxLtedrlf]+|--(ctime|human|follow|kernel|userspace|decode|level(=.*)?|facility(=.*)?|time-format(=.*)?|notime))$/),
  systemctl: verbs('status show list-units list-unit-files list-timers list-sockets list-dependencies list-jobs is-active is-enabled is-failed is-system-running cat get-default --failed', { bare: true, options: /^(--no-pager|--plain|--all|-a|-l|--full|--user|--system|-q|--quiet|--type=\S+|--state=\S+|--no-legend|-n\d*|--output=\S+)$/ }),
  service, timedatectl: verbs('status show timesync-status', { bare: true }), hostnamectl: verbs('status', { bare: true }), loginctl: verbs('list-sessions list-users session-status user-status show-session show-user', { bare: true }),
  dpkg: only(/^(-l|-L|-s|-S|--list|--listfiles|--status|--search|--get-selections|--print-architecture|--audit|-C|--verify|-V)$/), 'dpkg-query': only(/^(-[lsWSLf]|--(list|status|show|search|listfiles|showformat)(=.*)?|-f=.*)$/),
  rpm: (args) => (args[0]?.expands === 'nothing' && /^(-q\w*|-V\w*|--query|--verify)$/.test(args[0].text) ? without('DE', '--erase', '--upgrade', '--freshen', '--install', '--import', '--rebuilddb', '--initdb', '--pipe', '--eval', '--define', '--load')(args) : 'only queries are known to only read'),
  apt: verbs('list show search policy depends rdepends'), 'apt-cache': verbs('show search policy depends rdepends showpkg madison pkgnames stats'), 'apt-mark': verbs('showhold showmanual showauto'), yum: verbs('list info search repolist', { options: /^-[qC]$/ }), dnf: verbs('list info search repolist', { options: /^-[qC]$/ }), snap: verbs('list info version'),
  docker: verbs('ps images inspect logs info version stats top port diff history'), podman: verbs('ps images inspect logs info version stats top port diff history'), kubectl: verbs('get describe logs version top api-resources explain', { then: without('', '--kubeconfig') }),
  nginx: only(/^-[tTvV]$/, 0), apachectl: only(/^-[tSvVMl]$|^configtest$/, 1), sshd: only(/^-[tT]$/, 0), httpd: only(/^-[tSvVMl]$/, 0), openssl: opensslReads,
  find, sed, awk, gawk: awk, mawk: awk, date, sysctl, ip, crontab: only(/^-l$/, 0), chage: (args) => (args[0]?.text === '-l' ? only(/^-l$/, 1)(args) : 'only "chage -l" only reads'), ufw: verbs('status', { then: only(/^$/, 1) }),
  iptables: only(/^(-[LSnvt]+|--line-numbers|-[Lnvx]+)$/), ip6tables: only(/^(-[LSnvt]+|--line-numbers|-[Lnvx]+)$/), nft: verbs('list'), 'fail2ban-client': verbs('status'), virsh: verbs('list dominfo domstate nodeinfo version'), zpool: verbs('status list iostat get'), zfs: verbs('list get'),
  lvs: always, vgs: always, pvs: always, lvdisplay: always, vgdisplay: always, pvdisplay: always, smartctl: only(/^(-[aiHAx]|--(all|info|health|attributes|xall|scan))$/, 1), ethtool: only(/^-[iSkagcdlmnPT]$/, 1), 'nvidia-smi': only(/^-[qL]$/, 0), chronyc: verbs('tracking sources sourcestats activity', { options: /^-n$/ }), ntpq: only(/^-[pn]+$/, 0), ldconfig: only(/^-p$/, 0),
  auditctl: only(/^-[ls]$/, 0), getcap: without(''), set,
};

export const READING_PROGRAMS: ReadonlyMap<string, Reading> = new Map([...ALWAYS.split(' ').map((name): [string, Reading] => [name, always]), ...Object.entries(RULES)]);
