import type { Word } from './posix-syntax.js';
import { sedCall } from './reading-scripts.js';

/** What can't be undone, by program: all of it, or with these arguments. */
const DESTRUCTIVE: readonly { readonly name: RegExp; readonly args?: RegExp }[] = [
  { name: /^(rm|rmdir|unlink|shred|wipe|srm|truncate|dd|mkfs.*|mke2fs|mkswap|fdisk|sfdisk|cfdisk|gdisk|sgdisk|parted|wipefs|blkdiscard|hdparm|cryptsetup|badblocks)$/ },
  { name: /^(shutdown|reboot|halt|poweroff|init|telinit|kexec|kill|killall|pkill|skill|fuser|swapoff)$/ },
  { name: /^(userdel|groupdel|deluser|delgroup|passwd|chpasswd|usermod|visudo)$/ },
  { name: /^(lv|vg|pv)(remove|reduce)$/ }, { name: /^(zpool|zfs)$/, args: /^(destroy|rollback|labelclear)$/ }, { name: /^mdadm$/ },
  { name: /^(apt|apt-get|aptitude|yum|dnf|zypper|snap|rpm|dpkg|pip\d?|npm|apk)$/, args: /^(remove|purge|autoremove|autopurge|erase|uninstall|rm|del|-e\w*|-r|-P|--purge|--remove|--erase|dist-upgrade|full-upgrade)$/ },
  { name: /^(docker|podman)$/, args: /^(rm|rmi|prune|kill|down)$/ }, { name: /^(kubectl|oc|helm)$/, args: /^(delete|drain|uninstall|replace)$/ },
  { name: /^systemctl$/, args: /^(poweroff|reboot|halt|isolate|mask|kexec|rescue|emergency|kill|soft-reboot|switch-root)$/ }, { name: /^(iptables|ip6tables)$/, args: /^(-F|--flush|-X|-P|--policy)$/ }, { name: /^nft$/, args: /^(flush|delete|destroy)$/ },
  { name: /^git$/, args: /^(clean|reset|push|gc)$/ }, { name: /^crontab$/, args: /^-i?r$/ }, { name: /^find$/, args: /^-delete$/ }, { name: /^rsync$/, args: /^--(del$|delete|remove)/ },
  { name: /^(mysql|mariadb|psql|sqlite3|mongosh?|redis-cli)$/ }, { name: /^(dropdb|dropuser|redis-server)$/ }, { name: /^virsh$/, args: /^(destroy|undefine|vol-delete)$/ }, { name: /^(terraform|tofu|pulumi)$/, args: /^(destroy|apply|up)$/ },
  // The owners and rights that were there before are not kept anywhere.
  { name: /^(chmod|chown|chgrp|setfacl)$/, args: /^(-(?=\w*R)\w+|--recursive)$/ }, { name: /^curl$/, args: /^(-X|--request=)?DELETE$/i },
];

/** Programs that run what stands in their arguments, their input or a file, in a language that is not judged here. */
const RUNS_CODE = /^(eval|source|\.|python[\d.]*|pypy[\d.]*|perl[\d.]*|ruby[\d.]*|node|nodejs|deno|bun|php[\d.]*|lua[\d.]*|tclsh|expect|pwsh|powershell|[gmn]?awk|ssh|su|runuser|watch|parallel|at|batch|chroot|nsenter|unshare|systemd-run|script|strace|ltrace|gdb|make|ansible.*|salt.*|csh|tcsh|fish|vi|vim|nvim|view|ex|ed|emacs|nano|less|more|man|ftp|sftp|socat|nc|ncat|netcat|telnet|tmux|screen|flock|entr|capsh|setpriv|unbuffer|dbus-run-session|run-parts|start-stop-daemon)$/;

/** Programs that do so with some arguments only. */
const RUNS_CODE_WITH: Readonly<Record<string, (args: readonly Word[]) => boolean>> = {
  sed: (args) => !sedCall(args).plain,
  tar: (args) => args.some((a) => a.expands === 'anything' || /^--(checkpoint-action|to-command|use-compress-program|rsh-command|info-script|new-volume-script)/.test(a.text) || /^-[^-]*[IF]/.test(a.text)),
  git: (args) => args.some((a) => /^(-c|-x|--exec|--config-env|--upload-pack|--receive-pack)|^(filter-branch|bisect|submodule|difftool|mergetool|rebase)$/.test(a.text)),
  rsync: (args) => args.some((a) => /^(-\w*e|--rsh|--rsync-path)/.test(a.text)),
  scp: (args) => args.some((a) => /^-\w*[oS]/.test(a.text)),
  zip: (args) => args.some((a) => /^(-(?=\w*T)\w+$|--test$|--unzip-command)/.test(a.text)),
  crontab: (args) => args.some((a) => a.text === '-e'),
  systemctl: (args) => args.some((a) => a.text === 'edit'),
};

/** Why a program can't be undone when it is called so; undefined when that is not known. */
export function destruction(name: string, args: readonly Word[]): string | undefined {
  const rule = DESTRUCTIVE.find((d) => d.name.test(name) && (!d.args || args.some((a) => d.args!.test(a.text))));
  return rule && `"${[name, ...args.filter((a) => rule.args?.test(a.text)).map((a) => a.text)].join(' ')}" can't be undone`;
}

/** Whether a program runs code that is not judged here when it is called so. */
export function runsCode(name: string, args: readonly Word[]): boolean {
  if (RUNS_CODE.test(name)) return true;
  if (Object.hasOwn(RUNS_CODE_WITH, name) && RUNS_CODE_WITH[name]!(args)) return true;
  return /^(docker|podman|kubectl|oc|lxc)$/.test(name) && args.some((a) => /^(exec|run|debug|attach)$/.test(a.text));
}
