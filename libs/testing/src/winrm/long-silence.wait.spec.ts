import { connectWinRm } from '@opsmesh/winrm';
import { startFleet } from '../fleet/fleet.js';

const SILENCE_S = 150;
/** Operation timeouts of the default 20 s that end before the silence does. */
const TIMEOUTS = 7;

it('150 s of silence with default timeouts are survived on one connection, and nothing is left on the host', async () => {
  const fleet = await startFleet({ hosts: [], windowsHosts: [{ hostname: 'pc-silent', address: '127.0.2.64', port: 0, username: 'ops', password: 'pa55-wörd', domain: 'CORP' }] });
  const host = fleet.windowsHost('pc-silent');
  try {
    const connection = await connectWinRm({ host: host.address, port: host.port, transport: 'http', auth: { kind: 'ntlm', username: 'CORP\\ops', password: 'pa55-wörd' } });
    const shell = await connection.openShell();
    const begin = performance.now();
    const told: string[] = [];
    const result = await shell.run({ script: `Start-Sleep -Seconds ${SILENCE_S}; echo 'grüße 😀'; exit 4`, onStdout: (text) => { told.push(text); } });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(SILENCE_S * 1000);
    expect(result).toMatchObject({ kind: 'exited', exitCode: 4, stdout: 'grüße 😀\r\n', stderr: '', truncated: false });
    expect(told.join('')).toBe(result.stdout);
    expect(host.counters.actions.receive).toBeGreaterThan(TIMEOUTS);
    expect(await shell.run({ command: 'hostname' })).toMatchObject({ kind: 'exited', exitCode: 0, stdout: 'PC-SILENT\r\n' });
    await connection.close();
    expect(host.counters).toMatchObject({ connections: 1, plain: 0 });
    expect(host.openShells).toBe(0);
  } finally {
    await fleet.stop();
  }
}, (SILENCE_S + 60) * 1000);
