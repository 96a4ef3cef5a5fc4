/**
 * The programs of a simulated host that know of its services, SIM_SERVICES having one name a line. A restart is remembered in a file in the home folder,
 * with its time; process ids and log entries follow from the names. Written for /bin/sh, with the programs of the simulated host.
 */
const FACTS = `
booted=$(( $(date +%s) - 1047840 ))
restarted() { if [ -r "$HOME/.restarted-$1" ]; then tail -n 1 "$HOME/.restarted-$1"; else echo "$booted"; fi; }
restarts() { if [ -r "$HOME/.restarted-$1" ]; then wc -l <"$HOME/.restarted-$1" | tr -d ' '; else echo 0; fi; }
pid_of() { n=400; for s in $SIM_SERVICES; do n=$((n + 1)); [ "$s" = "$1" ] && break; done; echo $((n + 1000 * $(restarts "$1"))); }
known() { for s in $SIM_SERVICES; do [ "$s" = "$1" ] && return 0; done; return 1; }
`;

export const SERVICE_PROGRAMS: Readonly<Record<string, string>> = {
  systemctl: `${FACTS}
verb= properties= unit=
for a in "$@"; do
  case $a in
    --property=*) properties=\${a#--property=} ;;
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$a; else unit=\${a%.service}; fi ;;
  esac
done
case $verb in
  show)
    if known "$unit"; then load=loaded active=active sub=running file=enabled pid=$(pid_of "$unit") since=$(date -u -d "@$(restarted "$unit")" "+%a %Y-%m-%d %H:%M:%S UTC") memory=16777216
    else load=not-found active=inactive sub=dead file= pid=0 since=n/a memory="[not set]"; fi
    for p in $(echo "$properties" | tr , ' '); do
      case $p in
        Id) echo "Id=$unit.service" ;; Description) echo "Description=simulated service $unit" ;; LoadState) echo "LoadState=$load" ;; ActiveState) echo "ActiveState=$active" ;;
        SubState) echo "SubState=$sub" ;; UnitFileState) echo "UnitFileState=$file" ;; MainPID) echo "MainPID=$pid" ;; MemoryCurrent) echo "MemoryCurrent=$memory" ;;
        NRestarts) echo NRestarts=0 ;; ActiveEnterTimestamp) echo "ActiveEnterTimestamp=$since" ;;
      esac
    done ;;
  restart)
    known "$unit" || { echo "Failed to restart $unit.service: Unit $unit.service not found." >&2; exit 5; }
    date +%s >>"$HOME/.restarted-$unit" ;;
  *) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac`,
  journalctl: `${FACTS}
count=10 unit= grep= case=yes since=0 until=9999999999
while [ $# -gt 0 ]; do
  case $1 in
    -n) count=$2; shift ;; -u) unit=\${2%.service}; shift ;; -o) shift ;;
    --grep=*) grep=\${1#--grep=} ;; --case-sensitive=no) case=no ;; --since=@*) since=\${1#--since=@} ;; --until=@*) until=\${1#--until=@} ;;
  esac
  shift
done
entry() { [ "$2" -ge "$since" ] && [ "$2" -le "$until" ] && printf '{"__REALTIME_TIMESTAMP":"%s000000","PRIORITY":"%s","_SYSTEMD_UNIT":"%s.service","SYSLOG_IDENTIFIER":"%s","_PID":"%s","MESSAGE":"%s"}\\n' "$2" "$3" "$1" "$1" "$(pid_of "$1")" "$4"; }
option=-P; [ "$case" = no ] && option=-Pi
found=$(for s in $SIM_SERVICES; do
  [ -z "$unit" ] || [ "$unit" = "$s" ] || continue
  entry "$s" "$booted" 6 "Started $s.service"
  entry "$s" "$((booted + 3600))" 4 "simulated warning of $s: nothing is wrong"
  [ -r "$HOME/.restarted-$s" ] && while read -r at; do entry "$s" "$at" 6 "Started $s.service"; done <"$HOME/.restarted-$s"
done | sort | { if [ -n "$grep" ]; then grep $option -e "\\"MESSAGE\\":\\".*($grep).*\\"" ; else grep . ; fi; } | tail -n "$count")
[ -z "$found" ] || printf '%s\\n' "$found"
[ -n "$found" ] || [ -z "$grep" ]`,
  ps: `${FACTS}
row() {
  started=$(date -u -d "@$6" "+%a %b %e %H:%M:%S %Y")
  out=
  for c in $columns; do
    case $c in
      pid=) out="$out $(printf %7s "$1")" ;; ppid=) out="$out $(printf %7s "$2")" ;; user*) out="$out $(printf %-64s "$3")" ;; stat=) out="$out $(printf %-4s Ss)" ;;
      rss=) out="$out $(printf %6s "$4")" ;; pcpu=) out="$out $(printf %4s "$5")" ;; lstart=) out="$out $started" ;; comm*) out="$out $(printf %-32s "$7")" ;; args=) out="$out $8" ;;
    esac
  done
  printf '%s\\n' "$out"
}
columns=
while [ $# -gt 0 ]; do case $1 in -o) columns="$columns $2"; shift ;; esac; shift; done
row 1 0 root 9216 0.0 "$booted" systemd "/sbin/init"
for s in $SIM_SERVICES; do row "$(pid_of "$s")" 1 root 16384 0.2 "$(restarted "$s")" "$s" "/usr/sbin/$s --simulated"; done`,
  sudo: `
user=root
while [ $# -gt 0 ]; do
  case $1 in -p) shift ;; -u) user=$2; shift ;; --) shift; break ;; -*) ;; *) break ;; esac
  shift
done
USER=$user exec "$@"`,
};
