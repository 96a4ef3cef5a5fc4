import { WinRmError, type RunResult, type StopState, type WinRmErrorCode } from '@opsmesh/winrm';
import type { HostOutcome } from '../ssh/outcome.js';
import { outcomeOfRefusal, outcomeOfRun } from './winrm-outcome.js';

const output = { stdout: 'o', stderr: 'e', truncated: false };
const printed = { ...output, stdoutBytes: 1, stderrBytes: 1 };
const failed = (code: WinRmErrorCode, stop: StopState): RunResult => ({ kind: 'failed', error: new WinRmError(code, 'why secret', code === 'fault' ? { fault: { code: 2150858843, soapCode: 'Sender', subcode: '', reason: 'r' } } : {}), stop, ...printed });
const of = (result: RunResult, interruption?: Parameters<typeof outcomeOfRun>[1]['interruption']) => outcomeOfRun(result, { output, interruption, redact: (t) => t.replace('secret', '***') });

it('0 is ok, everything else is nonzero as the host says it', () => {
  expect(of({ kind: 'exited', exitCode: 0, ...printed })).toEqual({ kind: 'ok', output });
  expect(of({ kind: 'exited', exitCode: 0xc000013a, ...printed })).toEqual({ kind: 'nonzero', exitCode: 0xc000013a, output });
});

it.each<[WinRmErrorCode, StopState, HostOutcome['kind']]>([
  ['connection-lost', 'not-confirmed', 'connection-lost'], ['connection-lost', 'confirmed', 'connection-lost'], ['shell-stale', 'not-confirmed', 'connection-lost'], ['fault', 'confirmed', 'connection-lost'],
  ['protocol', 'not-confirmed', 'connection-lost'], ['quota', 'confirmed', 'connection-lost'], ['auth-failed', 'not-confirmed', 'connection-lost'],
  ['auth-failed', 'not-started', 'auth-failed'], ['tls-untrusted', 'not-started', 'hostkey-mismatch'], ['fault', 'not-started', 'target-refused'], ['connection-lost', 'not-started', 'unreachable'],
])('%s with its end %s is %s', (code, stop, kind) => expect(of(failed(code, stop)).kind).toBe(kind));

it('nothing that ended after its start without an exit code is ok', () => {
  for (const code of ['unreachable', 'tls-untrusted', 'auth-failed', 'protocol', 'fault', 'quota', 'shell-stale', 'timed-out', 'cancelled', 'connection-lost'] as const) {
    for (const stop of ['not-started', 'confirmed', 'not-confirmed'] as const) expect(['ok', 'nonzero']).not.toContain(of(failed(code, stop)).kind);
  }
});

it.each([['not-started', { state: 'nothing-started' }], ['confirmed', { state: 'confirmed' }], ['not-confirmed', { state: 'unconfirmed', detail: 'why ***' }]] as const)('tells whether it was stopped: %s', (stop, told) => {
  expect(of(failed('timed-out', stop))).toEqual({ kind: 'timed-out', deadline: 'idle', stop: told, output });
  expect(of(failed('cancelled', stop), { kind: 'cancelled' })).toEqual({ kind: 'cancelled', stop: told, output });
  expect(of(failed('cancelled', stop), { kind: 'timed-out', deadline: 'total' })).toEqual({ kind: 'timed-out', deadline: 'total', stop: told, output });
});

it('an error of the one who reads the output is his own', () => {
  const cause = new Error('mine');
  expect(() => of({ kind: 'failed', error: new WinRmError('consumer-failed', 'm', { cause }), stop: 'confirmed', ...printed })).toThrow(cause);
});

it('details name the fault and no secret', () => {
  expect(outcomeOfRefusal((failed('fault', 'not-started') as { error: WinRmError }).error, { redact: (t) => t.replace('secret', '***') })).toEqual({ kind: 'target-refused', detail: 'why *** (WS-Management fault 2150858843)' });
});
