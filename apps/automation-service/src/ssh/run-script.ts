import type { Client } from 'ssh2';
import { marker, newNonce, READ_AND_RUN, scriptLine } from './remote-program.js';
import { StartMarker } from './start-marker.js';
import { SudoDialogue, sudoLine, type Sudo } from './sudo.js';

/** Answer of a short script of ours; `code` is null when the channel ended without an exit status. */
export interface ScriptAnswer {
  readonly code: number | null;
  readonly stdout: string;
}

export interface ScriptOptions {
  readonly timeoutMs: number;
  /** Run it as another user. */
  readonly sudo?: Sudo | undefined;
}

/**
 * Runs a short script of our own in a channel of its own and gives what it printed (at most 64 KiB), without what the login shell did.
 * Rejects when no channel can be had, sudo refuses, or no end comes within `timeoutMs`.
 */
export function runScript(client: Client, script: string, { timeoutMs, sudo }: ScriptOptions): Promise<ScriptAnswer> {
  return new Promise((ok, bad) => {
    const onClientClose = () => finish(() => bad(new Error('the connection ended')));
    const timer = setTimeout(() => finish(() => bad(new Error(`no answer within ${Math.round(timeoutMs)} ms`))), timeoutMs);
    const nonce = newNonce();
    const start = new StartMarker(marker(nonce));
    const line = scriptLine(`echo ${marker(nonce)}\n${script}`);
    let close = () => {};
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      client.off('close', onClientClose);
      close();
      settle();
    };
    client.on('close', onClientClose);
    try {
      client.exec(`exec /bin/sh -c '${READ_AND_RUN}'`, (error, channel) => {
        if (error) return finish(() => bad(error));
        let stdout = '';
        let code: number | null = null;
        close = () => channel.close();
        channel.on('error', () => undefined);
        let hasBegun = false;
        channel.on('data', (chunk: Buffer) => {
          const begun = hasBegun ? { found: true, rest: chunk } as const : start.push(chunk);
          hasBegun = begun.found;
          if (begun.found && stdout.length < 65_536) stdout += begun.rest.toString('latin1');
        });
        channel.on('exit', (c: number | null) => { code = c; });
        channel.on('close', () => finish(() => ok({ code, stdout })));
        if (!sudo) {
          channel.stderr.resume();
          channel.end(line);
          return;
        }
        const dialogue = new SudoDialogue(nonce, sudo);
        channel.stderr.on('data', (chunk: Buffer) => {
          const progress = dialogue.push(chunk);
          if (progress.state === 'asked') channel.write(`${progress.password}\n`);
          else if (progress.state === 'refused') finish(() => bad(new Error(progress.detail)));
          else if (progress.state === 'ready') {
            channel.stderr.removeAllListeners('data').resume();
            channel.end(line);
          }
        });
        channel.write(sudoLine(nonce, sudo.user));
      });
    } catch (error) {
      finish(() => bad(error as Error));
    }
  });
}
