import type { RunResult, WinRmError } from '@opsmesh/winrm';
import type { Interruption } from '../ssh/execution.js';
import type { CommandOutput, HostOutcome, Stop } from '../ssh/outcome.js';

type Failed = Extract<RunResult, { readonly kind: 'failed' }>;

/** What is known of a run besides its result. */
export interface RunKnowledge {
  /** Redacted. */
  readonly output: CommandOutput;
  /** Why we stopped it, when we did. */
  readonly interruption: Interruption | undefined;
  /** Takes secrets out of a text. */
  redact(text: string): string;
}

/** The outcome of a run. Whatever ended it after its start without an exit code, and was not our own doing, leaves its outcome unknown: `connection-lost`. */
export function outcomeOfRun(result: RunResult, known: RunKnowledge): HostOutcome {
  const { output } = known;
  if (result.kind === 'exited') return result.exitCode === 0 ? { kind: 'ok', output } : { kind: 'nonzero', exitCode: result.exitCode, output };
  const stop = stopOf(result, known);
  switch (result.error.code) {
    case 'cancelled':
      return { ...(known.interruption ?? { kind: 'cancelled' }), stop, output };
    case 'timed-out':
      return { kind: 'timed-out', deadline: 'idle', stop, output };
    case 'unreachable':
    case 'tls-untrusted':
    case 'auth-failed':
    case 'protocol':
    case 'fault':
    case 'quota':
    case 'shell-stale':
    case 'connection-lost':
      if (result.stop === 'not-started') return outcomeOfRefusal(result.error, known);
      return { kind: 'connection-lost', detail: withStop(known.redact(describe(result.error)), stop), output };
    case 'consumer-failed':
      throw result.error.cause instanceof Error ? result.error.cause : result.error;
  }
}

/** The outcome when no command was started. */
export function outcomeOfRefusal(error: WinRmError, { redact }: Pick<RunKnowledge, 'redact'>): HostOutcome {
  const detail = redact(describe(error));
  switch (error.code) {
    case 'auth-failed':
      return { kind: 'auth-failed', detail };
    case 'tls-untrusted':
      return { kind: 'hostkey-mismatch', detail };
    case 'fault':
    case 'protocol':
      return { kind: 'target-refused', detail };
    case 'unreachable':
    case 'quota':
    case 'shell-stale':
    case 'connection-lost':
    case 'timed-out':
    case 'cancelled':
    case 'consumer-failed':
      return { kind: 'unreachable', detail };
  }
}

function stopOf({ stop, error }: Failed, { redact }: RunKnowledge): Stop {
  switch (stop) {
    case 'not-started':
      return { state: 'nothing-started' };
    case 'confirmed':
      return { state: 'confirmed' };
    case 'not-confirmed':
      return { state: 'unconfirmed', detail: redact(describe(error)) };
  }
}

function withStop(detail: string, stop: Stop): string {
  return stop.state === 'confirmed' ? `${detail}; the host confirmed that nothing of it runs any more` : detail;
}

function describe(error: WinRmError): string {
  return error.fault?.code === undefined ? error.message : `${error.message} (WS-Management fault ${error.fault.code})`;
}
