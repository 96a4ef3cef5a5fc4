// Makes a fresh clone runnable, then runs a script of it with the Node that npm brings:
//   node tools/bootstrap.mjs [--no-build] <script> [arguments]
// Runs on the host's Node (20 or newer) with nothing installed: no imports but node: and files that have none.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const MINIMUM = 20;

async function main(args) {
  if (Number(process.versions.node.split('.')[0]) < MINIMUM) throw new Error(`opsmesh needs Node.js ${MINIMUM} or newer, this is ${process.version}: see https://nodejs.org`);
  const build = args[0] !== '--no-build';
  const [script, ...rest] = build ? args : args.slice(1);
  // Imported here: an older Node would fail on them before it could say so.
  const { installPackages } = await import('./setup/install.mjs');
  const { buildProjects } = await import('./setup/build.mjs');
  installPackages(root);
  const node = ownNode();
  if (build) buildProjects(root, node);
  run(node, [resolve(root, script), ...rest]);
}

/** Node 24 from node_modules, where npm has it for this platform; else the one that runs this. */
function ownNode() {
  const own = join(root, 'node_modules', '.bin', 'node');
  return existsSync(own) ? realpathSync(own) : process.execPath;
}

/** The channel tells the script when this process is killed; a Ctrl-C reaches it from the terminal and through us. */
function run(node, args) {
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) },
  });
  for (const s of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(s, () => child.kill(s));
  const orphaned = whenNpmEnds(() => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => {
    clearInterval(orphaned);
    process.exitCode = code ?? 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0);
    if (child.connected) child.disconnect();
  });
}

/** npm passes a SIGTERM on to the shell that it runs us with, and the shell to nobody: that npm has ended is seen by who our parents are. */
function whenNpmEnds(then) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const parents = () => `${process.ppid} ${parentOfShell(process.ppid)}`;
  const before = parents();
  return setInterval(() => { if (parents() !== before) then(); }, 250);
}

/** The parent of a process that is a shell, by proc(5); undefined for any other. */
function parentOfShell(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /\((sh|dash|bash|ash)\)/.test(stat) ? stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] : undefined;
  } catch {
    return undefined;
  }
}

try {
  await main(process.argv.slice(2));
} catch (e) {
  console.error(`\n${e.message}`);
  process.exitCode = 1;
}
