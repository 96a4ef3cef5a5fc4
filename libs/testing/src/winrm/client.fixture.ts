import { runOverWinRm, type ConnectOptions, type RunOptions, type RunResult } from '@opsmesh/winrm';
import { startFleet, type Fleet } from '../fleet/fleet.js';
import type { WindowsHostSpec } from './windows-host-spec.js';
import type { SimulatedWindowsHost } from './windows-host.js';

export const PASSWORD = 'pa55-wörd';

type Host = Omit<WindowsHostSpec, 'port' | 'username' | 'password'>;

/** Simulated Windows hosts of one spec file, and the client's way to the first of them; after each spec that one is without faults and shells. */
export class HostsUnderTest {
  private running: Fleet | undefined;

  constructor(private readonly hosts: readonly [Host, ...Host[]]) {
    beforeAll(async () => { this.running = await startFleet({ hosts: [], windowsHosts: hosts.map((one) => ({ domain: 'CORP', ...one, port: 0, username: 'ops', password: PASSWORD })) }); });
    afterAll(() => this.running?.stop());
    afterEach(() => {
      const { first: { faults } } = this;
      for (const fault of Object.keys(faults)) delete faults[fault as keyof typeof faults];
      this.first.forgetShells();
    });
  }

  get first(): SimulatedWindowsHost {
    return this.host(this.hosts[0].hostname);
  }

  host(name: string): SimulatedWindowsHost {
    return this.running!.windowsHost(name);
  }

  readonly login = (more: Partial<ConnectOptions> = {}): ConnectOptions => {
    const { address: host, port } = this.first;
    return { host, port, transport: 'http', auth: { kind: 'ntlm', username: 'CORP\\ops', password: PASSWORD }, ...more };
  };

  readonly run = (what: RunOptions, more: Partial<ConnectOptions> = {}): Promise<RunResult> => runOverWinRm({ ...this.login(more), ...what });
}
