// One small process beside ours that ends our children when we are gone without having ended them (kill -9, out of memory).
// It learns of them over its standard input, whose end is the sign; it leads a group of its own, so a Ctrl-C does not reach it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startTime } from './signals.mjs';

/** @type {Map<number, object>} */
const guarded = new Map();
const folders = new Set();
let dog;

function send(message) {
  if (!dog) {
    dog = spawn(process.execPath, [fileURLToPath(new URL('./watchdog-main.mjs', import.meta.url))], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
    dog.stdin.on('error', () => undefined);
    dog.once('exit', () => {
      dog = undefined;
      for (const p of guarded.values()) send({ add: p });
      for (const f of folders) send({ folder: f });
    });
    dog.unref();
    dog.stdin.unref();
  }
  dog.stdin.write(`${JSON.stringify(message)}\n`);
}

/**
 * Has a child ended with us, whatever happens to us.
 * @param {number} pid leader of its own process group
 * @param {{ signal: NodeJS.Signals, stage: number }} how the signal that asks it to end, and its turn (0 first)
 * @returns {() => void} to call when it has ended
 */
export function guard(pid, { signal, stage }) {
  const entry = { pid, started: startTime(pid), signal, stage };
  guarded.set(pid, entry);
  send({ add: entry });
  return () => {
    if (guarded.delete(pid) && dog) send({ remove: pid });
  };
}

/** Has a temporary folder removed with us, after the processes. @returns {() => void} to call when it was removed, or is to be kept */
export function guardFolder(path) {
  folders.add(path);
  send({ folder: path });
  return () => {
    if (folders.delete(path) && dog) send({ forget: path });
  };
}
