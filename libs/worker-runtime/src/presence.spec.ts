import { WORKER_LOST_MS } from '@opsmesh/contracts';
import { Presence } from './presence.js';

describe('a worker that', () => {
  let now = 1000;
  /** How far the wall clock is ahead of the steady one. */
  let ahead = 0;
  const moment = () => ({ steady: now, wall: now + ahead });
  const presence = () => new Presence(moment);
  beforeEach(() => { [now, ahead] = [1000, 500_000]; });

  it('is heard every second is not given up', () => {
    const p = presence();
    for (let beat = 0; beat < 20; beat++) {
      p.heard(moment());
      now += 1000;
    }
    expect(p.mayBeGivenUpSince(0)).toBe(false);
  });

  it('was not heard for as long as it takes may be given up now', () => {
    const p = presence();
    now += WORKER_LOST_MS - 1;
    expect(p.mayBeGivenUpSince(now)).toBe(false);
    now++;
    expect(p.mayBeGivenUpSince(now)).toBe(true);
  });

  it('is heard again may have been given up since what was asked before, not since what is asked then', () => {
    const p = presence();
    const before = now;
    now += WORKER_LOST_MS;
    p.heard(moment());
    expect(p.mayBeGivenUpSince(before)).toBe(true);
    now++;
    expect(p.mayBeGivenUpSince(now)).toBe(false);
  });

  it('waits for an answer counts from the sending of the last heartbeat to the answer of this one', () => {
    const p = presence();
    const before = now;
    const sentAt = { steady: now + 1, wall: now + ahead + 1 };
    now += WORKER_LOST_MS;
    p.heard(sentAt);
    expect(p.mayBeGivenUpSince(before)).toBe(true);
  });

  it('was suspended with its machine may have been given up, though its steady clock stood still', () => {
    const p = presence();
    const before = now;
    ahead += WORKER_LOST_MS;
    expect(p.mayBeGivenUpSince(before)).toBe(true);
    p.heard(moment());
    expect(p.mayBeGivenUpSince(before)).toBe(true);
    now++;
    expect(p.mayBeGivenUpSince(now)).toBe(false);
  });

  it('stood still while its wall clock was set back may have been given up', () => {
    const p = presence();
    [now, ahead] = [now + WORKER_LOST_MS, 0];
    expect(p.mayBeGivenUpSince(now)).toBe(true);
  });

  it('was not heard for a time waits until it is before it claims, unless it is aborted', async () => {
    const p = presence();
    const told: string[] = [];
    const waits = (signal: AbortSignal) => p.untilHeard(signal).then(() => told.push('heard'), () => told.push('aborted'));
    const { signal } = new AbortController();
    await waits(signal);
    now += WORKER_LOST_MS / 2;
    const stop = new AbortController();
    const [aborted, heard] = [waits(stop.signal), waits(signal)];
    stop.abort();
    await aborted;
    expect(told).toEqual(['heard', 'aborted']);
    p.heard(moment());
    await heard;
    expect(told).toEqual(['heard', 'aborted', 'heard']);
  });
});
