import { networkPoliciesFrom } from '../config.js';
import { Admission } from './admission.js';

const never = new AbortController().signal;
function door(policy: object, patienceMs = 30_000) {
  const time = { now: 0 };
  const admission = new Admission({
    policies: networkPoliciesFrom({ NETWORK_POLICY: JSON.stringify(policy) }), resolve: () => Promise.resolve(['10.0.0.5']), patienceMs,
    clocks: { monotonic: () => time.now, wall: () => Date.UTC(2030, 0, 1) + time.now },
  });
  return { time, enter: (tenantId: string, signal = never) => admission.enter({ tenantId, signal }) };
}
const failing = (code: string, more: object = {}) => expect.objectContaining({ failure: expect.objectContaining({ code, ...more }) });

it('too many calls are told when the next is possible, and then it is', () => {
  const { enter, time } = door({ defaults: { callsPerMinute: 2 } });
  enter('acme');
  enter('acme');
  expect(() => enter('acme')).toThrow(failing('rate-limited', { retryable: true, cause: 'retryAfterMs=30000', message: expect.stringContaining('try again in 30.0 s, at 2030-01-01T00:00:30.000Z') }));
  time.now = 30_000;
  expect(() => enter('acme')).not.toThrow();
});

it('what one tenant uses is no other tenant\'s loss', async () => {
  const { enter } = door({ defaults: { callsPerMinute: 1, packetsPerSecond: 1, captures: 1 } });
  const acme = enter('acme');
  expect(() => enter('acme')).toThrow(failing('rate-limited'));
  const other = enter('other');
  await acme.sending({ least: 1, most: 1 }, () => acme.capturing(1000, () => other.sending({ least: 1, most: 1 }, () => other.capturing(1000, () => Promise.resolve()))));
});

it('each tenant has its own targets', async () => {
  const { enter } = door({ tenants: { acme: { allowed: ['10.0.0.0/24'] }, beta: { allowed: ['10.0.1.0/24'], maxHosts: 4 } } });
  await expect(enter('acme').checkHost('10.0.0.5')).resolves.toMatchObject({ address: '10.0.0.5' });
  await expect(enter('beta').checkHost('10.0.0.5')).rejects.toEqual(failing('target-refused', { cause: 'allowed', retryable: false }));
  await expect(enter('beta').checkHost('web-1')).rejects.toEqual(failing('target-refused'));
  await expect(enter('beta').check(['10.0.1.0/29'])).rejects.toEqual(failing('limit-exceeded'));
  expect([enter('acme').mayKnow('10.0.0.7'), enter('beta').mayKnow('10.0.0.7')]).toEqual([true, false]);
});

it('who waits too long for packets is told so, and a cancel is a cancel', async () => {
  const { enter } = door({ defaults: { packetsPerSecond: 1 } }, 50);
  let release: (() => void) | undefined;
  const first = enter('acme').sending({ least: 1, most: 1 }, () => new Promise<void>((resolve) => { release = resolve; }));
  await new Promise(setImmediate);
  await expect(enter('acme').sending({ least: 1, most: 1 }, () => Promise.resolve())).rejects.toEqual(failing('rate-limited', { retryable: true, cause: 'retryAfterMs=50' }));
  const stop = new AbortController();
  const waiting = enter('acme', stop.signal).sending({ least: 1, most: 1 }, () => Promise.resolve());
  stop.abort();
  await expect(waiting).rejects.toEqual(failing('cancelled'));
  release!();
  await first;
});

it('a call that fails gives back what it had', async () => {
  const { enter } = door({ defaults: { packetsPerSecond: 1, captures: 1 } }, 50);
  const broken = (): Promise<never> => Promise.reject(new Error('broken'));
  await expect(enter('acme').sending({ least: 1, most: 1 }, broken)).rejects.toThrow('broken');
  await expect(enter('acme').capturing(1000, broken)).rejects.toThrow('broken');
  await enter('acme').sending({ least: 1, most: 1 }, () => enter('acme').capturing(1000, () => Promise.resolve()));
});

it('tenants without number are forgotten only when they use nothing', () => {
  const { enter, time } = door({ defaults: { callsPerMinute: 1 } });
  enter('busy');
  for (let i = 0; i < 3000; i++) enter(`tenant-${i}`);
  expect(() => enter('busy')).toThrow(failing('rate-limited'));
  time.now = 60_000;
  for (let i = 3000; i < 5000; i++) enter(`tenant-${i}`);
  expect(() => enter('busy')).not.toThrow();
});
