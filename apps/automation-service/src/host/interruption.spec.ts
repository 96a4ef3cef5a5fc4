import { ToolFailure } from '@opsmesh/contracts';
import { interruptedWhileWaiting, interruptible } from './interruption.js';
import { unlessAborted } from './unless-aborted.js';

const later = () => performance.now() + 60_000;
const never = () => new AbortController().signal;
/** The reason of the signal that work is given. */
const reasonOf = (sources: Parameters<typeof interruptible>[0]) => interruptible(sources, (interrupt) => new Promise((ok) => {
  if (interrupt.aborted) ok(interrupt.reason);
  interrupt.addEventListener('abort', () => ok(interrupt.reason));
}));

it('gives what the work gives, and lets go of the signal', async () => {
  const { signal } = new AbortController();
  const listeners: string[] = [];
  signal.removeEventListener = ((type: string) => { listeners.push(type); }) as typeof signal.removeEventListener;
  expect(await interruptible({ deadline: later(), signal }, () => Promise.resolve(7))).toBe(7);
  expect(listeners).toEqual(['abort']);
});

it.each<[string, Parameters<typeof interruptible>[0], object]>([
  ['the deadline', { deadline: performance.now() + 5, signal: never() }, { kind: 'timed-out', deadline: 'total' }], ['a deadline that has passed', { deadline: 0, signal: never() }, { kind: 'timed-out', deadline: 'total' }],
  ['a timed out attempt', { deadline: later(), signal: AbortSignal.abort(new ToolFailure('timed-out', 'x')) }, { kind: 'timed-out', deadline: 'total' }],
  ['a cancelled attempt', { deadline: later(), signal: AbortSignal.abort(new ToolFailure('cancelled', 'x')) }, { kind: 'cancelled' }], ['any other end', { deadline: later(), signal: AbortSignal.abort() }, { kind: 'cancelled' }],
])('%s interrupts', async (_what, sources, reason) => expect(await reasonOf(sources)).toEqual(reason));

it('before anything was sent, nothing was started', () => {
  expect(interruptedWhileWaiting({ kind: 'cancelled' })).toMatchObject({ kind: 'cancelled', stop: { state: 'nothing-started' } });
  expect(interruptedWhileWaiting({ kind: 'timed-out', deadline: 'total' })).toMatchObject({ kind: 'timed-out', deadline: 'waiting', stop: { state: 'nothing-started' } });
});

it('whoever comes first, promise or signal, is the outcome', async () => {
  const abort = new AbortController();
  expect(await unlessAborted(Promise.resolve(1), abort.signal)).toBe(1);
  const waiting = unlessAborted(new Promise(() => undefined), abort.signal);
  abort.abort('enough');
  await expect(waiting).rejects.toBe('enough');
});
