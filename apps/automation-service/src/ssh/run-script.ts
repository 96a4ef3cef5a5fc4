import type { Client } from 'ssh2';
import { READ_AND_RUN, scriptLine } from './remote-program.js';

/** Answer of a short script of ours; `code` is null when the channel ended without an exit status. */
export interface ScriptAnswer {
  readonly code: number | null;
  readonly stdout: string;
}

/**
 * Runs a short script of our own in a channel of its own and gives what it printed (at most 64 KiB).
 * Rejects when no channel can be had or no end comes within `timeoutMs`.
 */
export function runScript(client: Client, script: string, timeoutMs: number): Promise<ScriptAnswer> {
  return new Promise((ok, bad) => {
    const onClientClose = () => finish(() => bad(new Error('the connection ended')));
    const timer = setTimeout(() => finish(() => bad(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs);
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
        channel.on('data', (chunk: Buffer) => { if (stdout.length < 65_536) stdout += chunk.toString('latin1'); });
        channel.stderr.resume();
        channel.on('exit', (c: number | null) => { code = c; });
        channel.on('close', () => finish(() => ok({ code, stdout })));
        channel.end(scriptLine(script));
      });
    } catch (error) {
      finish(() => bad(error as Error));
    }
  });
}
