import { connectWinRm } from './index.js';
import { GssFront, hasGss } from './peer/gss-front.fixture.js';

const canRun = hasGss();
if (!canRun) console.warn('SKIPPED: two and a half minutes of silence of an independent host over one sealed connection; gss-ntlmssp is needed');

const SILENCE_S = 150;
/** Operation timeouts of the default 20 s that end before the silence does. */
const TIMEOUTS = 7;

(canRun ? it : it.skip)('150 s of silence with default timeouts are survived, and sealing still fits afterwards', async () => {
  const front = await GssFront.start({ wrapping: 'raw', accounts: ['CORP:admin:Password1'] });
  try {
    const connection = await connectWinRm({ host: '127.0.0.1', port: front.port, transport: 'http', auth: { kind: 'ntlm', username: 'CORP\\admin', password: 'Password1' } });
    const shell = await connection.openShell();
    const begin = performance.now();
    expect(await shell.run({ command: `silence ${SILENCE_S}` })).toMatchObject({ kind: 'exited', exitCode: 7, stdout: 'done\n', stderr: '', truncated: false });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(SILENCE_S * 1000);
    // The sequence numbers of both ends still agree.
    expect(await shell.run({ command: 'print' })).toMatchObject({ kind: 'exited', exitCode: 7, stdout: 'one\n€\n' });
    expect(await shell.close()).toBe(true);
    await connection.close();
    const { loggedIn, received } = await front.ended();
    expect(loggedIn).not.toBeNull();
    const sealed = received.toString('latin1').split('Content-Type: application/octet-stream').length - 1;
    // Create; Command, the Receives and Signal of each run; Delete.
    expect(sealed).toBe(1 + (1 + TIMEOUTS + 1 + 1) + (1 + 3 + 1) + 1);
  } finally {
    await front.stop();
  }
}, (SILENCE_S + 60) * 1000);
