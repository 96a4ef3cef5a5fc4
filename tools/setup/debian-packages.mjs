// The programs of the operating system that integration specs use.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A package is there when its command is on PATH; one without a command (a library, a Python module) when dpkg says so. */
const NEEDED = [
  { package: 'openssh-server', command: 'sshd' },
  { package: 'nmap', command: 'nmap' },
  { package: 'iputils-ping', command: 'ping' },
  { package: 'redis-server', command: 'redis-server' },
  { package: 'sudo', command: 'sudo' },
  { package: 'openssl', command: 'openssl' },
  { package: 'tcpdump', command: 'tcpdump' },
  { package: 'tshark', command: 'tshark' },
  { package: 'traceroute', command: 'traceroute' },
  { package: 'iproute2', command: 'ip' },
  { package: 'nftables', command: 'nft' },
  { package: 'python3-winrm' },
  { package: 'python3-gssapi' },
  { package: 'gss-ntlmssp' },
];
const POLICY = '/usr/sbin/policy-rc.d';
/** For apt-get update, and for each install. */
const APT_MS = 240_000;

const missing = () => NEEDED.filter((n) => !(n.command ? onPath(n.command) : isInstalled(n.package)));

function onPath(command) {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((d) => existsSync(join(d, command)));
}

function isInstalled(name) {
  const asked = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return asked.status === 0 && asked.stdout === 'installed';
}

/**
 * Installs what is missing, where that is possible: as root on Debian or Ubuntu. What can't be installed holds up nothing else. Nothing that is installed is
 * started as a service.
 * @returns {string[]} one line for each package that is still missing, and why
 */
export function installPrograms() {
  const wanted = missing();
  if (wanted.length === 0) return [];
  const possible = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  const problems = possible ? withoutServices(() => install(wanted.map((w) => w.package))) : new Map();
  const why = (name) => (possible ? `apt-get could not install it: ${problems.get(name) ?? 'it did not say why'}` : 'install it, or run this as root on Debian or Ubuntu');
  return missing().map(({ command, package: name }) => `${command ? `${command} (package ${name})` : `the package ${name}`} is missing, specs that need it are skipped: ${why(name)}`);
}

/**
 * All at once, which is quickest; when that fails, each by itself.
 * @param {string[]} names
 * @returns {Map<string, string>} why each package that was not installed was not
 */
function install(names) {
  const problems = new Map();
  // Old lists may still do.
  const stale = problemOf(() => apt('update'));
  const each = problemOf(() => apt('install', '-y', '--no-install-recommends', ...names)) === undefined ? [] : names;
  for (const name of each) {
    const problem = problemOf(() => apt('install', '-y', '--no-install-recommends', name));
    if (problem !== undefined) problems.set(name, stale ?? problem);
  }
  return problems;
}

function apt(...args) {
  execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=60', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, stdio: ['ignore', 'ignore', 'pipe'], timeout: APT_MS });
}

/** The last line of what went wrong; undefined when nothing did. */
function problemOf(work) {
  try {
    work();
    return undefined;
  } catch (e) {
    return String(e.stderr || e.message).trim().split('\n').at(-1);
  }
}

/** Debian starts a daemon when its package is installed, unless policy-rc.d forbids it (exit code 101). */
function withoutServices(work) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
