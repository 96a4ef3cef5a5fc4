import { EXEC_VARIABLE } from './remote-program.js';

/** Time for processes to end by themselves once they were told to, in milliseconds, and for the host to end them. */
const TERM_MS = 1500;
const KILL_MS = 800;

/** The remote processes of one command. */
export interface ProcessGroup {
  /** Id of the process group, 0 when the host could give the command none of its own. */
  readonly pgid: number;
  /** Start time of its leader in the host's clock ticks (proc(5), field 22), '' where there is no /proc. It tells the group from a later one with the same id. */
  readonly startTime: string;
  /** Value of {@link EXEC_VARIABLE} in the environment of every program of the command. */
  readonly nonce: string;
}

/**
 * Prints for each group a line with its nonce and `gone`, or `left` and the ids of what is left. Works on any POSIX shell; without /proc it knows the group only, and prints nothing where there is none.
 * 1. A look at all processes finds those of the group, of its leader's session and with the nonce, and the descendants of all these, whoever they run as and
 *    whatever they left. There are three such looks; between them only what was found is looked at, by pid and start time.
 * 2. Nothing is halted first: a sudo whose command halts would halt too, and may be of a user whom we cannot wake.
 * 3. The time for TERM and for KILL is that of the host's clock, however many processes it has.
 */
export function stopScript(groups: readonly ProcessGroup[]): string {
  const calls = groups.map(({ pgid, startTime, nonce }) => `stop ${pgid} ${nonce} ${startTime}`);
  return `
# The fields of proc(5) from the third on, in s. A name with a line feed is no reason to miss a process.
field() {
  IFS= read -r s 2>/dev/null <"/proc/$1/stat" || return 1
  case $s in *") "*) ;; *) s=$(cat "/proc/$1/stat" 2>/dev/null) ;; esac
  s=\${s##*") "}
}
# now: hundredths of a second, from any time on.
now() {
  if IFS=' .' read -r a b c 2>/dev/null </proc/uptime; then
    a=00000$a
    t=1\${a#"\${a%?????}"}$b
  else
    t=$((t + 10))
  fi
}
tell() {
  if [ "$g" != 0 ]; then kill -s "$1" -- -"$g" 2>/dev/null; fi
  for x in $found; do kill -s "$1" -- "\${x%:*}" 2>/dev/null; done
}
# watch HUNDREDTHS: until all that was found has ended, or that time has passed.
watch() {
  now
  begin=$t
  while alive; do
    now
    # The clock has five digits of seconds.
    [ $t -ge $begin ] || t=$((t + 10000000))
    [ $((t - begin)) -lt $1 ] || return 1
    sleep 0.1 2>/dev/null || { sleep 1; t=$((t + 90)); }
  done
}
if [ -r /proc/$$/stat ]; then
  # What grep finds is added; where it cannot be started nothing is known, and nothing is said.
  search() {
    files=$(grep "$@" 2>/dev/null)
    [ $? -lt 126 ] || exit 0
    for f in $files; do
      f=\${f#/proc/}
      add "\${f%%/*}"
    done
  }
  add() {
    case $tree in *" $1 "*) return ;; esac
    field "$1" || return 0
    p=$1
    set -- $s
    case $1 in Z|X) return ;; esac
    tree="$tree$p " found="$found $p:\${20}" parents="$parents|$p"
  }
  look() {
    found= tree=' ' parents=
    search -lsF "$m" /proc/[0-9]*/environ
    # Group and session 0 are those of the kernel and of process 1.
    [ "$g" = 0 ] || search -lsE "\\) [A-Za-z] [0-9]+ ($g [0-9]+|[0-9]+ $g) " /proc/[0-9]*/stat
    while [ -n "$parents" ]; do
      of=\${parents#?} parents=
      search -lsE "\\) [A-Za-z] ($of) " /proc/[0-9]*/stat
    done
    [ -n "$found" ]
  }
  lives() {
    field "\${1%:*}" || return 1
    set -- "$1" $s
    case $2 in Z|X) return 1 ;; esac
    [ "\${21-}" = "\${1#*:}" ]
  }
  alive() {
    left=
    for x in $found; do if lives "$x"; then left="$left $x"; fi; done
    found=$left
    [ -n "$found" ]
  }
else
  look() {
    [ "$g" != 0 ] || exit 0
    found= && kill -s 0 -- -"$g" 2>/dev/null && found=" -$g"
  }
  alive() { look; }
fi
# stop GROUP NONCE [START TIME]
stop() {
  g=$1 nonce=$2 started=\${3-} m=${EXEC_VARIABLE}=$2 t=0
  if [ -n "$started" ] && field "$g"; then
    set -- $s
    [ "\${20-}" = "$started" ] || g=0
  fi
  look || { echo "$nonce gone"; exit 0; }
  tell TERM
  watch ${TERM_MS / 10}
  look || { echo "$nonce gone"; exit 0; }
  tell KILL
  watch ${KILL_MS / 10} && { look || { echo "$nonce gone"; exit 0; }; }
  l=
  for x in $found; do l="$l \${x%:*}"; done
  echo "$nonce left$l"
}
${calls.length === 1 ? calls[0]! : `${calls.map((call) => `( ${call} ) &`).join('\n')}\nwait`}
`;
}
