import type { ConnectionDto, SshCredential } from '@opsmesh/contracts';
import type { Hop } from './connect.js';
import type { HostOutcome } from './outcome.js';
import type { RemoteCommand } from './remote-program.js';
import type { SshClient, SshRequest } from './ssh-client.js';

/** `describe` where a lab of real hosts can be made: where nothing is missing. */
export function describeOnLab(missing: readonly string[]): typeof describe | typeof describe.skip {
  if (missing.length > 0) console.warn(`SKIPPED: nothing here was tried on real hosts, since a lab needs ${missing.join(', ')}`);
  return missing.length > 0 ? describe.skip : describe;
}

/** What is needed here of a host of the lab, and of the lab itself. */
type LabHost = Readonly<Record<'name' | 'address' | 'hostKeys', string>> & { readonly port: number };
interface Lab {
  readonly password: string;
  host(name: string): LabHost;
}

/** A request as the user `as` (by default `ops`). */
export type LabRequest = Partial<SshRequest> & Omit<RemoteCommand, 'script'> & { readonly as?: string };

/** Requests for the hosts of a lab. */
export class LabClient {
  constructor(readonly lab: Lab, readonly ssh: SshClient) {}

  connection(host: LabHost, more: Partial<ConnectionDto> = {}): ConnectionDto {
    return { assetId: host.name, hostname: host.name, address: host.address, protocol: 'ssh', port: host.port, credentialId: 'c1', hostKey: host.hostKeys, ...more };
  }

  /** A user's login by password. */
  user(username: string, more: Partial<SshCredential> = {}): SshCredential {
    return { kind: 'ssh', username, password: this.lab.password, ...more };
  }

  hop(name: string, more: Partial<ConnectionDto> = {}): Hop {
    return { connection: this.connection(this.lab.host(name), more), credential: this.user('ops') };
  }

  run(name: string, script: string, { as = 'ops', env, stdin, ...more }: LabRequest = {}): Promise<HostOutcome> {
    return this.ssh.run({
      tenantId: 'default', connection: this.connection(this.lab.host(name)), credential: this.user(as),
      command: { script, ...(env === undefined ? {} : { env }), ...(stdin === undefined ? {} : { stdin }) },
      maxOutputBytes: 1_048_576, deadline: performance.now() + 25_000, signal: new AbortController().signal, beforeStart: () => {}, ...more,
    });
  }
}

export function stdoutOf(outcome: HostOutcome): string {
  return 'output' in outcome ? outcome.output.stdout : JSON.stringify(outcome);
}
