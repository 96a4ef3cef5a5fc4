import { WORKER_LOST_MS } from '@opsmesh/contracts';
import { Presence } from './presence.js';

describe('a worker that', () => {
  let now = 1000;
  const presence = () => new Presence(() => now);
  beforeEach(() => { now = 1000; });

  it('is heard every second is not given up', () => {
    const p = presence();
    for (let beat = 0; beat < 20; beat++) {
      p.heard(now);
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
    p.heard(now);
    expect(p.mayBeGivenUpSince(before)).toBe(true);
    now++;
    expect(p.mayBeGivenUpSince(now)).toBe(false);
  });

  it('waits for an answer counts from the sending of the last heartbeat to the answer of this one', () => {
    const p = presence();
    const before = now;
    const sentAt = now + 1;
    now += WORKER_LOST_MS;
    p.heard(sentAt);
    expect(p.mayBeGivenUpSince(before)).toBe(true);
  });
});
