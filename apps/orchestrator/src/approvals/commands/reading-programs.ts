import { always, exactly, only, verbs, without, type Reading } from './reading-rules.js';
import { awk, date, find, ip, nft, openssl, rpm, sed, service, set, sysctl, test, top } from './reading-scripts.js';

const ALWAYS = 'true false : echo pwd whoami id groups uname uptime arch nproc df du free vmstat iostat mpstat lscpu lsblk lsmem lsusb lspci lsmod lsns ls stat readlink realpath basename dirname wc head tail cat tac nl cut tr rev '
  + 'fold comm join paste md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum sum strings od hexdump seq cal ps pgrep pidof pstree who w users last lastb getent locale tty printenv grep egrep fgrep zgrep zcat bzcat xzcat '
  + 'zstdcat cmp diff which whereis type ping ping6 traceroute tracepath mtr dig nslookup host getfacl lsattr findmnt getconf sestatus getenforce sleep cd exit return break continue lslocks netstat expand unexpand numfmt factor pathchk logname hostid column jq';

/** Settings on the command line can name files to write, and programs to run. */
const aptReads = (list: string): Reading => verbs(list, { then: without('oc', '--option', '--config-file') });
const dnfReads = verbs('list info search repolist', { options: /^-[qC]$/, then: without('c', '--setopt', '--config', '--installroot', '--enableplugin', '--noplugins') });
const containerReads = verbs('ps images inspect logs info version stats top port diff history');
const lvmReads = without('', '--config', '--profile', '--commandprofile', '--metadataprofile');
const webServer = only(/^-[tSvVMl]$/, 0);

const RULES: Readonly<Record<string, Reading>> = {
  test, '[': test, printf: without('v'), file: without('C', '--compile'), sort: without('oT', '--output', '--compress-program', '--temporary-directory'), uniq: only(/^-/, 1), xxd: only(/^-[aAbceEgilopsu]/, 1), env: only(/^$/, 0),
  lastlog: only(/^(-[ubt]|--(user|before|time)(=.*)?)$/), blkid: only(/^(-[ost]\S*|-L|-U|--(output|match-tag|label|uuid)(=.*)?)$/),
  hostname: only(/^-[fiIsdAy]$|^--(fqdn|short|ip-address|all-ip-addresses|domain)$/, 0), ifconfig: only(/^-[as]$/, 1), route: only(/^-[n46ev]+$/, 0), arp: only(/^-[anve]+$/), mount: only(/^-l$/, 0), swapon: only(/^(-s|--show.*|--summary)$/, 0),
  ss: without('KD', '--kill', '--diag'), lsof: without('D'), top,
  journalctl: without('', '--rotate', '--vacuum-size', '--vacuum-time', '--vacuum-files', '--flush', '--sync', '--relinquish-var', '--smart-relinquish-var', '--update-catalog', '--setup-keys', '--cursor-file', '--image'),
  dmesg: only(/^(-[THwWkuxLtedrlf]+|--(ctime|human|follow|kernel|userspace|decode|level(=.*)?|facility(=.*)?|time-format(=.*)?|notime))$/),
  systemctl: verbs('status show list-units list-unit-files list-timers list-sockets list-dependencies list-jobs is-active is-enabled is-failed is-system-running cat get-default --failed', { bare: true, options: /^(--no-pager|--plain|--all|-a|-l|--full|--user|--system|-q|--quiet|--type=\S+|--state=\S+|--no-legend|-n\d*|--output=\S+)$/ }),
  service, timedatectl: verbs('status show timesync-status', { bare: true }), hostnamectl: verbs('status', { bare: true }), loginctl: verbs('list-sessions list-users session-status user-status show-session show-user', { bare: true }),
  dpkg: only(/^(-l|-L|-s|-S|--list|--listfiles|--status|--search|--get-selections|--print-architecture|--audit|-C|--verify|-V)$/), 'dpkg-query': only(/^(-[lsWSLf]|--(list|status|show|search|listfiles|showformat)(=.*)?|-f=.*)$/),
  rpm, apt: aptReads('list show search policy depends rdepends'), 'apt-cache': aptReads('show search policy depends rdepends showpkg madison pkgnames stats'), 'apt-mark': aptReads('showhold showmanual showauto'), yum: dnfReads, dnf: dnfReads, snap: verbs('list info version'),
  docker: containerReads, podman: containerReads, kubectl: verbs('get describe logs version top api-resources explain', { then: without('', '--kubeconfig', '--profile', '--profile-output', '--log-file', '--log_file', '--log-dir', '--log_dir', '--cache-dir') }),
  nginx: only(/^-[tTvV]$/, 0), apachectl: exactly('-t', '-S', '-v', '-V', '-M', '-l', 'configtest'), sshd: only(/^-[tT]$/, 0), httpd: webServer, openssl,
  find, sed, awk, gawk: awk, mawk: awk, date, sysctl, ip, crontab: only(/^-l$/, 0), chage: (args) => (args[0]?.text === '-l' ? only(/^-l$/, 1)(args) : 'only "chage -l" only reads'), ufw: verbs('status', { then: only(/^$/, 1) }),
  iptables: only(/^(-[LSnvt]+|--line-numbers|-[Lnvx]+)$/), ip6tables: only(/^(-[LSnvt]+|--line-numbers|-[Lnvx]+)$/), nft, 'fail2ban-client': verbs('status'), virsh: verbs('list dominfo domstate nodeinfo version', { then: only(/^--/) }), zpool: verbs('status list iostat get', { then: without('c') }), zfs: verbs('list get'),
  lvs: lvmReads, vgs: lvmReads, pvs: lvmReads, lvdisplay: lvmReads, vgdisplay: lvmReads, pvdisplay: lvmReads, smartctl: only(/^(-[aiHAx]|--(all|info|health|attributes|xall|scan))$/, 1), ethtool: only(/^-[iSkagcdlmnPT]$/, 1), 'nvidia-smi': only(/^-[qL]$/, 0),
  chronyc: verbs('tracking sources sourcestats activity', { options: /^-n$/, then: only(/^-v$/, 0) }), ntpq: only(/^-[pn]+$/, 0), ldconfig: only(/^-p$/, 0), auditctl: only(/^-[ls]$/, 0), getcap: without(''), set,
};

export const READING_PROGRAMS: ReadonlyMap<string, Reading> = new Map([...ALWAYS.split(' ').map((name): [string, Reading] => [name, always]), ...Object.entries(RULES)]);
