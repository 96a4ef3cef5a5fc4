import { Namespace } from './namespace.js';

/** A process as it is seen from inside its host. */
export interface LabProcess {
  readonly pid: number;
  readonly user: string;
  readonly command: string;
}

/** One Linux host of the lab: namespaces of its own with a stock sshd at port 22. */
export class LabHost {
  readonly port = 22;

  constructor(readonly name: string, readonly address: string, /** Public host keys, one OpenSSH line each. */ readonly hostKeys: string, private readonly namespace: Namespace) {}

  /** Runs a shell script as root on the host, not over SSH. */
  sh(script: string): Promise<string> {
    return this.namespace.enter('sh', '-c', script);
  }

  /** All processes of the host but this look at them. */
  async processes(): Promise<LabProcess[]> {
    // Again for a while: ps fails now and then on a host whose processes come and go.
    const listed = await this.sh('for i in 1 2 3 4 5 6 7 8; do seen=$(ps -ww -e -o pid= -o user:32= -o args=) && break; sleep 0.25; done; printf "%s\\n" "$seen"; [ -n "$seen" ]');
    return listed.split('\n').flatMap((line) => {
      const [, pid, user, command] = /^ *(\d+) +(\S+) +(.*)$/.exec(line) ?? [];
      return pid === undefined || user === undefined || command === undefined || command.includes('ps -ww -e') ? [] : [{ pid: Number(pid), user, command }];
    });
  }

  /** Everything that comes or goes is lost without a word. */
  async blackHole(): Promise<void> {
    await this.rule('table inet lab { chain in { type filter hook input priority 0; policy drop; }; chain out { type filter hook output priority 0; policy drop; }; }');
  }

  /** Every packet for sshd is answered with a reset, those of open connections too. */
  async resetConnections(): Promise<void> {
    await this.rule('table inet lab { chain in { type filter hook input priority 0; tcp dport 22 reject with tcp reset; }; }');
  }

  /** Only these addresses reach the host; others are lost without a word. */
  async admitOnly(...addresses: readonly string[]): Promise<void> {
    await this.rule(`table inet lab { chain in { type filter hook input priority 0; policy drop; ct state established,related accept; ip saddr { 127.0.0.1, ${addresses.join(', ')} } accept; }; }`);
  }

  /** Takes back the rule that is in force. */
  async heal(): Promise<void> {
    await this.sh('nft delete table inet lab 2>/dev/null || :');
  }

  /** Kills every process whose command line begins with the text. */
  async kill(command: string): Promise<void> {
    const pids = (await this.processes()).filter((p) => p.command.startsWith(command)).map((p) => p.pid);
    if (pids.length > 0) await this.sh(`kill -KILL ${pids.join(' ')} 2>/dev/null || :`);
  }

  /** How many connections sshd has open now. */
  async connections(): Promise<number> {
    return (await this.processes()).filter((p) => /^sshd: /.test(p.command) && !p.command.includes('[listener]') && p.user === 'root').length;
  }

  private async rule(table: string): Promise<void> {
    await this.heal();
    await this.sh(`nft '${table}'`);
  }

  stop(): Promise<void> {
    return this.namespace.stop();
  }
}
