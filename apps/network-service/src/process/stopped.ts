import { ToolFailure } from '@opsmesh/contracts';
import { failureOfAbort } from './abort.js';
import type { ProgramResult } from './run-binary.js';

/**
 * The failure of a program that did not end by itself, or undefined when it did.
 * A stop that is not confirmed is never told as a mere cancel or timeout.
 */
export function failureOfEnd(program: string, result: ProgramResult, signal: AbortSignal): ToolFailure | undefined {
  const { end } = result;
  switch (end.kind) {
    case 'exited':
      return undefined;
    case 'signalled':
      return new ToolFailure('killed-by-signal', `${program} was ended by ${end.signal}`, { cause: end.signal });
    case 'stopped':
      if (!end.confirmed) return stopUnconfirmed(program, result);
      if (end.why === 'output-limit') return new ToolFailure('limit-exceeded', `${program} wrote more than may be kept and was stopped`);
      return failureOfAbort(signal);
  }
}

export function stopUnconfirmed(program: string, result: Pick<ProgramResult, 'pid'>): ToolFailure {
  return new ToolFailure('stop-unconfirmed', `${program} was told to stop and may still be running`, { cause: `process group ${result.pid}` });
}
