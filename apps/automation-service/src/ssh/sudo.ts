import { EXEC_VARIABLE, marker, READ_AND_RUN } from './remote-program.js';
import { posixQuote } from './posix-quote.js';
import { StartMarker } from './start-marker.js';

/** As whom to run, and what to say when sudo asks. */
export interface Sudo {
  /** Name of a user of the host. */
  readonly user: string;
  readonly password: string | undefined;
}

/** A user name as useradd(8) takes it: nothing that could be an option or an id. */
export const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/;

/** A text that nobody else prints, so that only a question of this sudo is answered. */
function promptOf(nonce: string): string {
  return `opsmesh-sudo-${nonce}: `;
}

/**
 * The line that turns a shell which reads its stdin line by line (./remote-program) into one of another user. That one has
 * {@link EXEC_VARIABLE} with the nonce in its environment, says the marker on stderr and reads the next line; sudo's arguments hold nothing else.
 * @throws UnquotableText
 */
export function sudoLine(nonce: string, user: string): string {
  const begin = `printf "%s\\n" ${marker(nonce)} >&2; ${READ_AND_RUN}`;
  return `unset opsmesh_p; exec sudo -S -p ${posixQuote(promptOf(nonce))} -u ${posixQuote(user)} -- env ${EXEC_VARIABLE}=${nonce} /bin/sh -c ${posixQuote(begin)}\n`;
}

export type SudoProgress =
  | { readonly state: 'waiting' }
  /** Answer with the password now. */
  | { readonly state: 'asked'; readonly password: string }
  | { readonly state: 'refused'; readonly detail: string }
  /** The other user's shell reads its line; `rest` is what came after its marker. */
  | { readonly state: 'ready'; readonly rest: Buffer };

/** Follows what sudo prints after {@link sudoLine}. The password is given once: a second question means that it was wrong. */
export class SudoDialogue {
  private readonly prompt: Buffer;
  private readonly started: StartMarker;
  private asked = false;
  private held: Buffer = Buffer.alloc(0);

  constructor(nonce: string, private readonly sudo: Sudo) {
    this.prompt = Buffer.from(promptOf(nonce));
    this.started = new StartMarker(marker(nonce));
  }

  /** What sudo said instead of starting the shell. */
  get noise(): string {
    return [this.started.noise, this.held.toString('utf8')].join('\n').trim();
  }

  push(chunk: Buffer): SudoProgress {
    this.held = Buffer.concat([this.held, chunk]);
    const at = this.held.indexOf(this.prompt);
    if (at >= 0) {
      this.held = this.held.subarray(at + this.prompt.length);
      if (this.sudo.password === undefined) return { state: 'refused', detail: 'sudo asks for a password, and the credential has none' };
      if (this.asked) return { state: 'refused', detail: 'sudo refused the password' };
      this.asked = true;
      return { state: 'asked', password: this.sudo.password };
    }
    // The beginning of a prompt may stand at the end; a marker ends with a line.
    const end = this.held.lastIndexOf(0x0a) + 1;
    const progress = this.started.push(this.held.subarray(0, end));
    const left = this.held.subarray(end);
    if (progress.found) return { state: 'ready', rest: Buffer.concat([progress.rest, left]) };
    this.held = left;
    return { state: 'waiting' };
  }
}
