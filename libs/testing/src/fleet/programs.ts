import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSpec } from './host-spec.js';
import { SERVICE_PROGRAMS } from './service-programs.js';

/** Real programs a simulated host may use besides its own: text filters, and what a client needs to manage its processes. */
const REAL = ['awk', 'base64', 'cut', 'date', 'dd', 'env', 'expr', 'grep', 'head', 'mkdir', 'nohup', 'rm', 'sed', 'seq', 'setsid', 'sh', 'sleep', 'sort', 'tail', 'tr', 'wc'];

const HEAD = '#!/bin/sh\n# Program of a simulated host: prints the facts it was given, never those of the machine it runs on.\n';

/** The host's own programs. Facts come in SIM_* variables; SIM_DISKS has one `filesystem|size|used|mount` a line. File 3 is the ledger, open for appending. */
const OWN: Readonly<Record<string, string>> = {
  ...SERVICE_PROGRAMS,
  hostname: 'printf "%s\\n" "$SIM_HOSTNAME"',
  whoami: 'printf "%s\\n" "$USER"',
  uname: `
[ $# -eq 0 ] && set -- -s
out=
for a in "$@"; do
  case $a in
    -a) w="Linux $SIM_HOSTNAME 6.1.0-simulated #1 opsmesh simulated host x86_64 GNU/Linux" ;;
    -s) w=Linux ;; -n) w=$SIM_HOSTNAME ;; -r) w=6.1.0-simulated ;; -m) w=x86_64 ;; -v) w="#1 opsmesh simulated host" ;; -o) w=GNU/Linux ;;
    *) echo "uname: invalid option $a" >&2; exit 1 ;;
  esac
  out="$out\${out:+ }$w"
done
printf "%s\\n" "$out"`,
  uptime: 'printf " %s up 12 days,  3:04,  0 users,  load average: 0.08, 0.05, 0.01\\n" "$(/bin/date +%H:%M:%S)"',
  cat: `
if [ "$#" -eq 1 ] && [ "$1" = /etc/os-release ]; then printf "%s\\n" "$SIM_OS_RELEASE"; exit; fi
if [ "$#" -eq 1 ] && [ "$1" = /etc/hostname ]; then printf "%s\\n" "$SIM_HOSTNAME"; exit; fi
if [ "$#" -eq 1 ]; then
  case $1 in
    /proc/meminfo) printf "MemTotal:        4096000 kB\\nMemFree:         1024000 kB\\nMemAvailable:    2500000 kB\\nSwapTotal:       1048576 kB\\n"; exit ;;
    /proc/loadavg) echo "0.08 0.05 0.01 1/96 4242"; exit ;;
    /proc/uptime) echo "1047840.00 4100000.00"; exit ;;
  esac
fi
exec /bin/cat "$@"`,
  nproc: 'echo 2',
  df: `
unit=1024 name=1024-blocks path= seen=
for a in "$@"; do
  case $seen$a in
    --) seen=x ;;
    -B1) unit=1 name=1-blocks ;;
    -*) ;;
    x*) path=\${path:-$a} ;;
    *) path=\${path:-$a} ;;
  esac
done
row() {
  avail=$(( ($2 - $3) / unit )); used=$(( $3 / unit ))
  total=$(( used + avail )); pct=0
  [ "$total" -gt 0 ] && pct=$(( (used * 100 + total - 1) / total ))
  printf "%-16s %12d %11d %11d %7d%% %s\\n" "$1" $(( $2 / unit )) "$used" "$avail" "$pct" "$4"
}
best= rows=
while IFS="|" read -r fs size used mount; do
  [ -n "$fs" ] || continue
  if [ -z "$path" ]; then rows=y; row "$fs" "$size" "$used" "$mount" >>"$HOME/.df.$$"; continue; fi
  case $path/ in
    "\${mount%/}"/*) if [ \${#mount} -ge \${#best} ]; then best=$mount; row "$fs" "$size" "$used" "$mount" >"$HOME/.df.$$"; fi ;;
  esac
done <<END
$SIM_DISKS
END
if [ ! -f "$HOME/.df.$$" ]; then printf "df: %s: No such file or directory\\n" "$path" >&2; exit 1; fi
printf "%-16s %12s %11s %11s %8s %s\\n" Filesystem $name Used Available Capacity "Mounted on"
/bin/cat "$HOME/.df.$$"
/bin/rm -f "$HOME/.df.$$"`,
  ledger: 'printf "%s %s %s\\n" "$SIM_HOSTNAME" "$(/bin/date +%s%3N)" "$*" >&3',
};

/** Writes the programs into `folder`, which becomes the PATH of every simulated host. */
export function writePrograms(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const [name, body] of Object.entries(OWN)) {
    const file = join(folder, name);
    writeFileSync(file, `${HEAD}${body.trim()}\n`);
    chmodSync(file, 0o755);
  }
  for (const name of REAL) {
    const real = [`/usr/bin/${name}`, `/bin/${name}`].find((f) => existsSync(f));
    if (real) symlinkSync(real, join(folder, name));
  }
}

/** The whole environment of a command on a simulated host; nothing of our own environment is in it. */
export function environmentOf(spec: HostSpec, { programs, home }: { readonly programs: string; readonly home: string }): Record<string, string> {
  const disks = spec.disks ?? [{ filesystem: '/dev/sim1', mount: '/', sizeBytes: 40_000_000_000, usedBytes: 10_000_000_000 }];
  return {
    PATH: programs, HOME: home, USER: spec.username, SHELL: '/bin/sh', LANG: 'C.UTF-8',
    TMPDIR: home,
    SIM_HOSTNAME: spec.hostname,
    SIM_SERVICES: (spec.services ?? ['cron', 'ssh']).join('\n'),
    SIM_OS_RELEASE: spec.osRelease ?? 'PRETTY_NAME="Simulated Linux (opsmesh)"\nNAME="Simulated Linux"\nID=simulated\nVERSION_ID="1"',
    SIM_DISKS: disks.map((d) => `${d.filesystem}|${d.sizeBytes}|${d.usedBytes}|${d.mount}`).join('\n'),
  };
}
