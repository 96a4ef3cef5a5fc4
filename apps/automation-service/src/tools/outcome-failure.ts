import { ToolFailure, type FailureCode } from '@opsmesh/contracts';
import type { HostOutcome, Stop } from '../ssh/outcome.js';

/** An outcome that is not `ok`. */
export type FailedOutcome = Exclude<HostOutcome, { readonly kind: 'ok' }>;

export interface FailedRun {
  readonly host: string;
  /** What the tool keeps of the command's output. */
  readonly output: object;
  /** The command was stopped because this process ends, not because its run was cancelled. */
  readonly workerStopped?: boolean;
}

/** The failure of an attempt for a host's outcome. */
export function failureOf(outcome: FailedOutcome, { host, output, workerStopped = false }: FailedRun): ToolFailure {
  switch (outcome.kind) {
    case 'nonzero':
      return new ToolFailure('nonzero-exit', `the command exited with ${outcome.exitCode} on ${host}`, { cause: lastLine(outcome.output.stderr), output });
    case 'signal':
      return new ToolFailure('killed-by-signal', `the command was killed by ${outcome.signal} on ${host}`, { cause: outcome.signal, output });
    case 'timed-out':
      if (outcome.stop.state === 'nothing-started') return new ToolFailure('unreachable', `the command was not started on ${host} within its time`, { cause: `deadline: ${outcome.deadline}` });
      return stopped('timed-out', `the command took too long on ${host} (${outcome.deadline} time)`, { stop: outcome.stop, output });
    case 'cancelled':
      if (!workerStopped) return stopped('cancelled', `the command was cancelled on ${host}`, { stop: outcome.stop, output });
      if (outcome.stop.state === 'nothing-started') return new ToolFailure('service-unavailable', `the worker was stopped before it ran the command on ${host}`);
      return stopped('killed-by-signal', `the worker was stopped while the command ran on ${host}`, { stop: outcome.stop, output });
    case 'connection-lost':
      return new ToolFailure('connection-lost', `the connection to ${host} was lost while the command ran; its outcome is not known`, { cause: outcome.detail, output });
    case 'unreachable':
    case 'auth-failed':
    case 'hostkey-mismatch':
    case 'target-refused':
      return new ToolFailure(outcome.kind, `${REFUSALS[outcome.kind]} ${host}: ${outcome.detail}`, { cause: outcome.detail });
  }
}

const REFUSALS = {
  'unreachable': 'no connection to',
  'auth-failed': 'the credential was refused by',
  'hostkey-mismatch': 'the key or certificate is not the expected one of',
  'target-refused': 'no shell was given by',
} as const;

function stopped(code: FailureCode, message: string, end: { readonly stop: Stop; readonly output: object }): ToolFailure {
  const { stop, output } = end;
  switch (stop.state) {
    case 'confirmed':
      return new ToolFailure(code, `${message}; its processes were stopped`, { output });
    case 'nothing-started':
      return new ToolFailure(code, `${message}; it had not been started`);
    case 'unconfirmed':
      return new ToolFailure('stop-unconfirmed', `${message}; that its processes were stopped is not confirmed`, { cause: stop.detail, output });
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.slice(0, 500) ?? '';
}
