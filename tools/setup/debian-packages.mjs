// The programs of the operating system that integration specs use.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NEEDED = [
  { command: 'sshd', package: 'openssh-server' },
  { command: 'nmap', package: 'nmap' },
  { command: 'ping', package: 'iputils-ping' },
  { command: 'redis-server', package: 'redis-server' },
];
const POLICY = '/usr/sbin/policy-rc.d';

const missing = () => NEEDED.filter(({ command }) => ![...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((d) => existsSync(join(d, command))));

/**
 * Installs what is missing, where that is possible: as root on Debian or Ubuntu. Nothing that is installed is started as a service.
 * @returns {string[]} one line for each program that is still missing, and why
 */
export function installPrograms() {
  const wanted = missing();
  if (wanted.length === 0) return [];
  let why = 'install it, or run this as root on Debian or Ubuntu';
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    try {
      withoutServices(() => {
        const apt = (...args) => execFileSync('apt-get', ['-qq', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 'ignore', 'pipe'], timeout: 240_000 });
        apt('update');
        apt('install', '-y', '--no-install-recommends', ...wanted.map((w) => w.package));
      });
    } catch (e) {
      why = `apt-get could not install it: ${String(e.stderr || e.message).trim().split('\n').at(-1)}`;
    }
  }
  return missing().map(({ command, package: name }) => `${command} (package ${name}) is missing, specs that need it are skipped: ${why}`);
}

/** Debian starts a daemon when its package is installed, unless policy-rc.d forbids it (exit code 101). */
function withoutServices(work) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
