import { HostLimits } from './host-limits.js';

const never = new AbortController().signal;
const tick = () => new Promise((ok) => { setImmediate(ok); });

it('gives places in order, and a given back place once', async () => {
  const limits = new HostLimits({ global: 1, handshakes: 1, channels: 1 });
  const order: number[] = [];
  const first = await limits.command('a', never);
  const second = limits.command('a', never).then((release) => { order.push(2); return release; });
  const third = limits.command('a', never).then((release) => { order.push(3); return release; });
  await tick();
  expect(order).toEqual([]);
  first();
  first();
  await tick();
  expect(order).toEqual([2]);
  (await second)();
  (await third)();
  expect(order).toEqual([2, 3]);
});

it('commands that wait for one host leave the other hosts free', async () => {
  const limits = new HostLimits({ global: 2, handshakes: 1, channels: 1 });
  await limits.command('busy', never);
  for (let i = 0; i < 5; i++) void limits.command('busy', never);
  await limits.command('other', never);
});

it('who stops waiting gives its turn up, with the reason', async () => {
  const limits = new HostLimits({ global: 9, handshakes: 1, channels: 1 });
  const held = await limits.command('a', never);
  const stop = new AbortController();
  const given = limits.command('a', stop.signal);
  const next = limits.command('a', never);
  stop.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  held();
  (await next)();
});

it('a place on the host is given back when the wait for the global one is stopped', async () => {
  const limits = new HostLimits({ global: 1, handshakes: 1, channels: 1 });
  const held = await limits.command('a', never);
  const stop = new AbortController();
  const waiting = limits.command('b', stop.signal);
  await tick();
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  held();
  (await limits.command('b', never))();
});
