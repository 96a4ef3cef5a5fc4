// npm test: every check of the repository, phase by phase; npm test -- unit e2e: only those phases and what they need.
// The last line is "N passed, N failed" (and "N skipped").
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPrograms } from './setup/debian-packages.mjs';
import { startTestServers } from './jest-servers.mjs';
import { startTime } from './processes/signals.mjs';
import { stopSignal } from './processes/stop-signals.mjs';
import { within } from './processes/waiting.mjs';
import { runPhase } from './checks/phase.mjs';
import { forgetResults, resultsOf } from './checks/results.mjs';
import { surroundings } from './surroundings.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const logs = join(root, '.jest');
const PHASE_MS = 10 * 60_000;
/** Marks every process of this run by its environment. */
const MARK = 'TEST_RUN_MARK';
process.env[MARK] = randomUUID();

const nx = (target, ...more) => [process.execPath, join(root, 'node_modules', '.bin', 'nx'), 'run-many', '-t', target, ...more];
/**
 * `needs`: the phase that must have succeeded before; `beside`: the phase that it is run together with, where that one is run.
 * @typedef {{ name: string, command: string[], results?: string, servers?: boolean, needs?: string, beside?: string }} Phase
 */

/** @type {Phase[]} */
const PHASES = [
  { name: 'lint', command: nx('lint') },
  { name: 'types', command: nx('typecheck') },
  { name: 'unit', command: nx('unit'), results: 'unit' },
  // One project at a time: they share the servers.
  { name: 'integration', command: nx('integration', '--parallel=1', '--maxWorkers=2'), results: 'integration', servers: true },
  // They wait for minutes and need next to nothing for it.
  { name: 'waiting', command: nx('waiting'), results: 'waiting', beside: 'integration' },
  { name: 'build', command: nx('build') },
  { name: 'e2e', command: nx('e2e', '--parallel=1'), results: 'e2e', needs: 'build' },
  { name: 'containers', command: [process.execPath, join(root, 'tools', 'check-containers.mjs')] },
];

const asked = process.argv.slice(2);
const unknown = asked.find((a) => !PHASES.some((p) => p.name === a));
if (unknown !== undefined) {
  console.error(`there is no phase "${unknown}"; there are ${PHASES.map((p) => p.name).join(', ')}`);
  process.exit(1);
}
const chosen = PHASES.filter((p) => asked.length === 0 || asked.includes(p.name) || PHASES.some((q) => asked.includes(q.name) && q.needs === p.name));

const stopped = stopSignal((why) => console.log(`\nStopping (${why}) ...`));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = new Set();

mkdirSync(logs, { recursive: true });
forgetResults(root, PHASES.flatMap((p) => p.results ?? []));
for (const line of installPrograms()) loud('SKIPPED', line);
for (const phase of chosen.filter((p) => !isBeside(p))) {
  if (stopped.aborted) break;
  if (failures.has(phase.needs)) {
    loud('FAILED', `${phase.name} was not run, since ${phase.needs} failed`);
    total.failed++;
    continue;
  }
  await Promise.all([phase, ...chosen.filter((p) => p.beside === phase.name)].map(run));
}
const left = await leftovers();
if (left.length > 0) {
  total.failed++;
  loud('FAILED', `processes were left running: ${left.map((p) => `${p.pid} ${p.command}`).join('; ')}`);
  for (const p of left) process.kill(p.pid, 'SIGKILL');
}
if (stopped.aborted) process.exit(130);
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);

/** @param {Phase} phase */
function isBeside({ beside }) {
  return chosen.some((p) => p.name === beside);
}

/** @param {Phase} phase */
async function run({ name, command, results, servers: needsServers }) {
  const log = join(logs, `${name}.log`);
  const began = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`${name.padEnd(12)} ...`);
  let servers;
  let why;
  try {
    if (needsServers && !(process.env.TEST_REDIS_URL && process.env.TEST_DATABASE_URL)) servers = await startTestServers();
    why = await runPhase(command, { cwd: root, env: environment(servers), log, timeoutMs: PHASE_MS, signal: stopped });
  } catch (e) {
    why = e.message;
  } finally {
    await servers?.stop();
  }
  const found = results ? resultsOf(root, results) : { passed: 0, failed: 0, skipped: 0, failedTests: [], skippedTests: [] };
  if (why !== undefined && found.failed === 0) found.failed = 1;
  for (const k of Object.keys(total)) total[k] += found[k];
  if (why !== undefined) {
    failures.add(name);
    if (existsSync(log)) process.stdout.write(`\n${readFileSync(log, 'utf8')}\n`);
  }
  const counts = results ? `  ${found.passed} passed, ${found.failed} failed${found.skipped > 0 ? `, ${found.skipped} skipped` : ''}` : '';
  console.log(`${process.stdout.isTTY ? '\r' : ''}${name.padEnd(12)} ${why === undefined ? 'ok' : `FAILED (${why})`}  ${((performance.now() - began) / 1000).toFixed(1)} s${counts}`);
  list('FAILED', found.failedTests, name);
  list('SKIPPED', found.skippedTests, name);
}

function environment(servers) {
  const env = { ...surroundings(), NODE_ENV: 'test', NX_TUI: 'false', FORCE_COLOR: '0', PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  return servers ? { ...env, TEST_REDIS_URL: servers.redisUrl, TEST_DATABASE_URL: servers.databaseUrl } : env;
}

/** Processes of this run that still live, once those that were ending have had time to. */
async function leftovers() {
  const look = () => (existsSync('/proc') ? readdirSync('/proc') : []).filter((d) => /^\d+$/.test(d) && Number(d) !== process.pid).flatMap((pid) => {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK}=${process.env[MARK]}`) || startTime(pid) === undefined) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120);
      return command.includes('watchdog-main.mjs') ? [] : [{ pid: Number(pid), command }];
    } catch {
      return [];
    }
  });
  await within(5000, () => look().length === 0);
  return look();
}

function list(what, tests, phase) {
  for (const t of tests.slice(0, 20)) loud(what, t);
  if (tests.length > 20) loud(what, `and ${tests.length - 20} more in ${phase}`);
}

function loud(what, line) {
  console.log(`!!! ${what}: ${line}`);
}
