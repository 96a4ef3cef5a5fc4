import { jest } from '@jest/globals';
import fc from 'fast-check';
import { OutputCollector } from './output-collector.js';
import { RunClock } from './run-clock.js';

it('characters cut anywhere come out whole, and what is given out is what is kept', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), async (text, cuts) => {
    const seen: string[] = [];
    const collector = new OutputCollector({ onStdout: (piece) => { seen.push(piece); } });
    const bytes = Buffer.from(text);
    const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
    for (const [index, end] of edges.slice(1).entries()) await collector.push({ stream: 'stdout', bytes: bytes.subarray(edges[index], end) });
    await collector.end();
    expect(seen.join('')).toBe(bytes.toString('utf8'));
    expect(seen.every((piece) => piece !== '')).toBe(true);
    expect(collector.output).toMatchObject({ stdout: bytes.toString('utf8'), truncated: false, stdoutBytes: bytes.length });
  }));
});

it('each stream is cut at its cap, between characters, and says so', async () => {
  const collector = new OutputCollector({ maxOutputBytes: 10 });
  await collector.push({ stream: 'stdout', bytes: Buffer.from('€€') });
  await collector.push({ stream: 'stdout', bytes: Buffer.from('€€') });
  await collector.push({ stream: 'stdout', bytes: Buffer.from('a') });
  await collector.push({ stream: 'stderr', bytes: Buffer.from('short') });
  await collector.end();
  expect(collector.output).toEqual({ stdout: '€€€', stderr: 'short', truncated: true, stdoutBytes: 13, stderrBytes: 5 });
});

it('bytes are given as they come, up to the cap, and not kept', async () => {
  const seen: Buffer[] = [];
  const collector = new OutputCollector({ maxOutputBytes: 5, onStdoutBytes: (bytes) => { seen.push(bytes); } });
  for (const text of ['a', '', '€', 'bc', 'd']) await collector.push({ stream: 'stdout', bytes: Buffer.from(text) });
  await collector.push({ stream: 'stderr', bytes: Buffer.from('why') });
  await collector.end();
  expect(seen.map(String)).toEqual(['a', '€', 'b']);
  expect(collector.output).toEqual({ stdout: '', stderr: 'why', truncated: true, stdoutBytes: 7, stderrBytes: 3 });
});

it('exactly the cap is not truncated', async () => {
  const collector = new OutputCollector({ maxOutputBytes: 6 });
  await collector.push({ stream: 'stdout', bytes: Buffer.from('€€') });
  await collector.end();
  expect(collector.output).toMatchObject({ stdout: '€€', truncated: false });
});

it('a half character at the end is shown as one replacement character', async () => {
  const collector = new OutputCollector({});
  await collector.push({ stream: 'stdout', bytes: Buffer.from('€').subarray(0, 2) });
  await collector.end();
  expect(collector.output.stdout).toBe('\ufffd');
});

it('a consumer that throws is its own kind of failure', async () => {
  const boom = new Error('boom');
  const collector = new OutputCollector({ onStderr: () => Promise.reject(boom) });
  await expect(collector.push({ stream: 'stderr', bytes: Buffer.from('x') })).rejects.toMatchObject({ code: 'consumer-failed', cause: boom });
});

describe('clock', () => {
  beforeEach(() => { jest.useFakeTimers(); });
  afterEach(() => { jest.useRealTimers(); });

  it('output holds the idle limit off, the total deadline it does not', () => {
    const clock = new RunClock({ idleMs: 1_000, deadlineMs: 2_500 });
    for (const at of [900, 1_800]) {
      jest.advanceTimersByTime(900);
      expect([at, clock.signal.aborted]).toEqual([at, false]);
      clock.touch();
    }
    jest.advanceTimersByTime(700);
    expect(clock.signal.reason).toMatchObject({ code: 'timed-out', message: 'the run took longer than 2500 ms' });
    clock.stop();
  });

  it('silence ends a run, and the first reason stays', () => {
    const caller = new AbortController();
    const clock = new RunClock({ idleMs: 1_000, signal: caller.signal });
    jest.advanceTimersByTime(1_000);
    caller.abort();
    expect(clock.signal.reason).toMatchObject({ code: 'timed-out', message: 'no output for 1000 ms' });
    clock.stop();
  });

  it('a stopped clock has no timer and no listener', () => {
    const caller = new AbortController();
    const clock = new RunClock({ idleMs: 1_000, deadlineMs: 2_000, signal: caller.signal });
    clock.stop();
    expect(jest.getTimerCount()).toBe(0);
    caller.abort();
    expect(clock.signal.aborted).toBe(false);
  });

  it('a signal that was aborted before ends the run at once', () => {
    const clock = new RunClock({ signal: AbortSignal.abort() });
    expect(clock.signal.reason).toMatchObject({ code: 'cancelled' });
    clock.stop();
  });
});
