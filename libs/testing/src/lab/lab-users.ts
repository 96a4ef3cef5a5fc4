import { execFileSync } from 'node:child_process';

/** A user of the lab's hosts. All have the lab's password and take its key. */
export interface LabUser {
  readonly name: string;
  readonly uid: number;
  /** Line of sudoers(5) after the name; none means that sudo refuses the user. */
  readonly sudo?: string;
}

export const LAB_USERS = [
  { name: 'ops', uid: 61001, sudo: 'ALL=(ALL:ALL) ALL' },
  { name: 'free', uid: 61002, sudo: 'ALL=(ALL:ALL) NOPASSWD: ALL' },
  { name: 'tty', uid: 61003, sudo: 'ALL=(ALL:ALL) ALL' },
  { name: 'plain', uid: 61004 },
  { name: 'app', uid: 61005 },
] as const satisfies readonly LabUser[];
export type LabUserName = (typeof LAB_USERS)[number]['name'];

/** The files of /etc that make the users, for a host of that name. */
export function userFiles(hostname: string, password: string): Record<'passwd' | 'group' | 'shadow' | 'sudoers' | 'hosts', string> {
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  const lines = (of: (u: LabUser) => string, first: string[] = []) => `${[...first, ...LAB_USERS.map(of)].join('\n')}\n`;
  return {
    passwd: lines((u) => `${u.name}:x:${u.uid}:${u.uid}::/tmp/home/${u.name}:/bin/sh`, ['root:x:0:0:root:/root:/bin/sh', 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin', 'nobody:x:65534:65534::/:/usr/sbin/nologin']),
    group: lines((u) => `${u.name}:x:${u.uid}:`, ['root:x:0:', 'nogroup:x:65534:']),
    shadow: lines((u) => `${u.name}:${hash}:19000:0:99999:7:::`, ['root:*:19000:0:99999:7:::']),
    sudoers: `Defaults env_reset\nDefaults:tty requiretty\nroot ALL=(ALL:ALL) ALL\n${LAB_USERS.flatMap((u) => ('sudo' in u ? [`${u.name} ${u.sudo}`] : [])).join('\n')}\n`,
    hosts: `127.0.0.1 localhost ${hostname}\n`,
  };
}
