import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

// Debian's own Python: python3-gssapi is there, and nowhere else.
const PYTHON = '/usr/bin/python3';
const FRONT = join(import.meta.dirname, 'gss_front.py');

/** Whether python3-gssapi and gss-ntlmssp are installed. */
export function hasGss(): boolean {
  try {
    const script = "import gssapi; gssapi.Credentials(usage='accept', mechs=[gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')])";
    execFileSync(PYTHON, ['-c', script], { stdio: 'ignore', env: { NTLM_USER_FILE: '/dev/null' } });
    return true;
  } catch {
    return false;
  }
}

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A connection that has ended. */
export interface Traffic {
  /** `DOMAIN\user`; null when nobody was logged in. */
  readonly loggedIn: string | null;
  readonly received: Buffer;
  readonly sent: Buffer;
}

/** gss_front.py, running; see there. */
export class GssFront {
  private constructor(private readonly child: ChildProcess, private readonly lines: AsyncIterator<string>, private readonly folder: string, readonly port: number) {}

  static async start({ wrapping, accounts, tls }: { wrapping: 'raw' | 'spnego'; accounts: readonly string[]; tls?: KeyPair }): Promise<GssFront> {
    const folder = mkdtempSync(join(tmpdir(), 'opsmesh-gss-'));
    const users = join(folder, 'users');
    writeFileSync(users, `${accounts.join('\n')}\n`);
    const certificate = tls === undefined ? [] : Object.entries(tls).map(([name, pem]) => {
      writeFileSync(join(folder, name), pem as string);
      return join(folder, name);
    });
    const child = spawn(PYTHON, [FRONT, wrapping, ...certificate], { stdio: ['pipe', 'pipe', 'ignore'], env: { NTLM_USER_FILE: users, LANG: 'C.UTF-8' } });
    const reader: Interface = createInterface({ input: child.stdout! });
    const lines = reader[Symbol.asyncIterator]();
    const { port } = JSON.parse(String((await lines.next()).value)) as { port: number };
    return new GssFront(child, lines, folder, port);
  }

  /** The next connection that ended. */
  async ended(): Promise<Traffic> {
    const line = JSON.parse(String((await this.lines.next()).value)) as { loggedIn: string | null; received: string; sent: string };
    return { loggedIn: line.loggedIn, received: Buffer.from(line.received, 'base64'), sent: Buffer.from(line.sent, 'base64') };
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill();
    await gone;
    rmSync(this.folder, { recursive: true });
  }
}
