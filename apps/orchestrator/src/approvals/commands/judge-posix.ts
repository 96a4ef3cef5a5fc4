import { gravest, type Judgement } from './command-judgement.js';
import { parsePosix } from './posix-parser.js';
import { Unreadable, type Command, type Redirection, type SimpleCommand, type Word } from './posix-syntax.js';
import { READING_PROGRAMS } from './reading-programs.js';

/** Folders of the system's own programs. A program of the same name elsewhere is another one. */
const SYSTEM_FOLDERS = /^\/(usr\/(local\/)?)?s?bin\//;

/** Change what later commands do, or read code from elsewhere. */
const CHANGES_SHELL = /^(export|unset|declare|typeset|local|readonly|read|mapfile|readarray|getopts|let|enable|hash|alias|unalias|trap|shopt|ulimit|umask|shift)$/;
const RUNS_CODE = /^(eval|source|\.|python[\d.]*|pypy[\d.]*|perl[\d.]*|ruby[\d.]*|node|nodejs|deno|bun|php[\d.]*|lua[\d.]*|tclsh|expect|pwsh|powershell|ssh|su|runuser|watch|parallel|at|batch|chroot|nsenter|unshare|systemd-run|script|strace|gdb|make|ansible.*|salt.*|csh|tcsh|fish)$/;

/** What can't be undone, by program: all of it, or with these arguments. */
const DESTRUCTIVE: readonly { readonly name: RegExp; readonly args?: RegExp }[] = [
  { name: /^(rm|rmdir|unlink|shred|wipe|srm|truncate|dd|mkfs.*|mke2fs|mkswap|fdisk|sfdisk|cfdisk|gdisk|sgdisk|parted|wipefs|blkdiscard|hdparm|cryptsetup|badblocks)$/ },
  { name: /^(shutdown|reboot|halt|poweroff|init|telinit|kexec|kill|killall|pkill|skill|fuser|swapoff)$/ },
  { name: /^(userdel|groupdel|deluser|delgroup|passwd|chpasswd|usermod|visudo)$/ },
  { name: /^(lv|vg|pv)(remove|reduce)$/ }, { name: /^(zpool|zfs)$/, args: /^(destroy|rollback|labelclear)$/ }, { name: /^mdadm$/ },
  { name: /^(apt|apt-get|aptitude|yum|dnf|zypper|snap|rpm|dpkg|pip\d?|npm|apk)$/, args: /^(remove|purge|autoremove|erase|uninstall|rm|del|-e|-r|-P|--purge|--remove|--erase|dist-upgrade|full-upgrade)$/ },
  { name: /^(docker|podman)$/, args: /^(rm|rmi|prune|kill|down)$/ }, { name: /^(kubectl|oc|helm)$/, args: /^(delete|drain|uninstall|replace)$/ },
  { name: /^systemctl$/, args: /^(poweroff|reboot|halt|isolate|mask|kexec|rescue|emergency|kill)$/ }, { name: /^(iptables|ip6tables)$/, args: /^(-F|--flush|-X|-P|--policy)$/ }, { name: /^nft$/, args: /^(flush|delete|destroy)$/ },
  { name: /^git$/, args: /^(clean|reset|push|gc)$/ }, { name: /^crontab$/, args: /^-r$/ }, { name: /^find$/, args: /^-delete$/ }, { name: /^rsync$/, args: /^--(delete|remove).*$/ },
  { name: /^(mysql|mariadb|psql|sqlite3|mongosh?|redis-cli)$/ }, { name: /^(dropdb|dropuser|redis-server)$/ }, { name: /^virsh$/, args: /^(destroy|undefine|vol-delete)$/ }, { name: /^(terraform|tofu|pulumi)$/, args: /^(destroy|apply|up)$/ },
];

/** Programs that run the command which stands among their arguments: options without a value, options with one, and operands before the command. */
const WRAPPERS: Readonly<Record<string, { readonly flags: RegExp; readonly valued: RegExp; readonly operands: number }>> = {
  sudo: { flags: /^-[nHk]+$/, valued: /^-[ug]$/, operands: 0 }, doas: { flags: /^-n$/, valued: /^-u$/, operands: 0 }, nice: { flags: /^-n?\d+$/, valued: /^-n$/, operands: 0 }, ionice: { flags: /^(-t|-c\d|-n\d)$/, valued: /^-[cn]$/, operands: 0 },
  timeout: { flags: /^(--foreground|--preserve-status|-v|--signal=\w+|--kill-after=\w+)$/, valued: /^-[sk]$/, operands: 1 }, nohup: { flags: /^$/, valued: /^$/, operands: 0 }, setsid: { flags: /^-[wf]$/, valued: /^$/, operands: 0 },
  stdbuf: { flags: /^-[ioe](L|\d+)$/, valued: /^-[ioe]$/, operands: 0 }, time: { flags: /^-p$/, valued: /^$/, operands: 0 }, exec: { flags: /^$/, valued: /^$/, operands: 0 }, builtin: { flags: /^$/, valued: /^$/, operands: 0 }, command: { flags: /^-p$/, valued: /^$/, operands: 0 },
  xargs: { flags: /^(-[0rtx]+|-[nPL]\d+|--null|--no-run-if-empty)$/, valued: /^-[nPLId]$/, operands: 0 }, env: { flags: /^$/, valued: /^$/, operands: 0 }, busybox: { flags: /^$/, valued: /^$/, operands: 0 },
};
const SHELLS = /^(sh|bash|dash|ash|ksh|mksh|zsh)$/;
/** Variables of a loop that other programs or the shell itself may read. */
const MEANT_FOR_OTHERS = /^[A-Z_][A-Z0-9_]*$/;

/** What a script of the POSIX shell does, judged by its syntax alone: only commands that are known to read are taken for reading. */
export function judgePosix(script: string): Judgement {
  try {
    return gravest(parsePosix(script).map(judgeCommand), { class: 'read', why: 'it does nothing' });
  } catch (e) {
    if (e instanceof Unreadable) return { class: 'uninspectable', why: `the command can't be read: ${e.message}` };
    throw e;
  }
}

function judgeCommand(command: Command): Judgement {
  const redirected = command.redirections.map(judgeRedirection);
  if (command.kind === 'compound') {
    const { variable } = command;
    const own: Judgement = variable !== undefined && MEANT_FOR_OTHERS.test(variable) ? { class: 'uninspectable', why: `it sets ${variable}: what runs then can't be known` } : { class: 'read', why: 'it only reads' };
    return gravest([own, ...redirected], own);
  }
  return gravest([judgeSimple(command), ...redirected], { class: 'read', why: 'it does nothing' });
}

function judgeRedirection({ operator, target }: Redirection): Judgement {
  const reads: Judgement = { class: 'read', why: 'it only reads' };
  if (operator === '<' || operator === '<&') return reads;
  if (target.expands !== 'nothing') return { class: 'write', why: 'it writes to a file whose name is only known when it runs' };
  if (/^\/dev\/(null|stdout|stderr|fd\/\d+)$/.test(target.text) || (operator === '>&' && /^(\d+|-)$/.test(target.text))) return reads;
  if (/^\/(dev|proc|sys)\//.test(target.text)) return { class: 'destructive', why: `it writes to ${target.text}` };
  return { class: 'write', why: `it writes to ${target.text}` };
}

function judgeSimple({ assignments, words }: SimpleCommand): Judgement {
  if (assignments.length > 0) return { class: 'uninspectable', why: `it sets ${assignments[0]!}: what runs then can't be known` };
  return words.length === 0 ? { class: 'read', why: 'it runs nothing' } : judgeProgram(words);
}

function judgeProgram(words: readonly Word[]): Judgement {
  const [program, ...args] = words;
  if (!program || program.expands !== 'nothing') return { class: 'uninspectable', why: 'which program it runs is only known when it runs' };
  const name = nameOf(program.text);
  if (name === undefined) return { class: 'write', why: `"${program.text}" is no program of the system` };
  if (name === 'command' && /^-[vV]$/.test(args[0]?.text ?? '')) return { class: 'read', why: 'it only reads' };
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (wrapper) return judgeWrapped(name, args, wrapper);
  if (SHELLS.test(name)) return judgeShell(name, args);
  if (CHANGES_SHELL.test(name)) return { class: 'uninspectable', why: `"${name}" changes what later commands do` };
  const destroys = DESTRUCTIVE.find((d) => d.name.test(name) && (!d.args || args.some((a) => d.args!.test(a.text))));
  const reading = READING_PROGRAMS.get(name);
  const not = reading?.(args);
  if (reading && not === undefined) return { class: 'read', why: `"${name}" only reads` };
  if (destroys) return { class: 'destructive', why: `"${[name, ...args.filter((a) => destroys.args?.test(a.text)).map((a) => a.text)].join(' ')}" can't be undone` };
  if (RUNS_CODE.test(name)) return { class: 'uninspectable', why: `"${name}" runs code that is not judged here` };
  if (name === 'find') return judgeFind(args);
  if (/^(docker|podman|kubectl|oc|lxc)$/.test(name) && args.some((a) => /^(exec|run|debug|attach)$/.test(a.text))) return { class: 'uninspectable', why: `"${name}" runs a command elsewhere` };
  return { class: 'write', why: not === undefined ? `"${name}" is not known to only read` : `"${name}": ${not}` };
}

/** `find -exec` runs a command with every file it finds. */
function judgeFind(args: readonly Word[]): Judgement {
  const at = args.findIndex((a) => /^-(exec|execdir|ok|okdir)$/.test(a.text));
  if (at < 0 || args.some((a) => a.expands === 'anything') || args.slice(at + 1).some((a) => /^-(exec|execdir|ok|okdir|delete|fprint.*|fls)$/.test(a.text))) return { class: 'write', why: '"find" does more than read' };
  const end = args.findIndex((a, i) => i > at && (a.text === ';' || a.text === '+'));
  return judgeProgram(args.slice(at + 1, end < 0 ? undefined : end).map((a) => (a.text.includes('{}') ? { text: a.text, expands: 'operand' as const } : a)));
}

function judgeWrapped(name: string, args: readonly Word[], { flags, valued, operands }: (typeof WRAPPERS)[string] & object): Judgement {
  let at = 0;
  for (; args[at]?.text.startsWith('-'); at++) {
    const { text, expands } = args[at]!;
    if (text === '--') { at++; break; }
    if (expands !== 'nothing' || (!flags.test(text) && !valued.test(text))) return { class: 'uninspectable', why: `what "${name} ${text}" runs can't be known` };
    if (valued.test(text)) at++;
  }
  const rest = args.slice(at + operands);
  const assigned = rest[0] && /^[A-Za-z_]\w*=/.test(rest[0].text);
  if (assigned) return { class: 'uninspectable', why: `it sets ${rest[0]!.text.split('=')[0]!}: what runs then can't be known` };
  if (rest.length === 0) return name === 'env' || name === 'xargs' ? { class: 'read', why: `"${name}" only reads` } : { class: 'uninspectable', why: `"${name}" runs nothing that is written here` };
  return judgeProgram(name === 'xargs' ? [...rest, { text: '', expands: 'anything' }] : rest);
}

function judgeShell(name: string, args: readonly Word[]): Judgement {
  const [option, script] = args;
  if (option?.expands !== 'nothing' || !/^-[euxf]*c$/.test(option.text) || script?.expands !== 'nothing') return { class: 'uninspectable', why: `"${name}" runs a script that is not written here` };
  return judgePosix(script.text);
}

/** The name of a program of the system; undefined for one that is called by another path. */
function nameOf(text: string): string | undefined {
  if (!text.includes('/')) return text;
  return SYSTEM_FOLDERS.test(text) ? text.slice(text.lastIndexOf('/') + 1) : undefined;
}
