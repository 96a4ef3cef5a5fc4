import { ToolFailure } from '@opsmesh/contracts';

/** The failure an aborted attempt ends with: the abort's own reason, else `cancelled`. */
export function failureOfAbort(signal: AbortSignal): ToolFailure {
  return signal.reason instanceof ToolFailure ? signal.reason : new ToolFailure('cancelled', 'the attempt was cancelled');
}

/** The same failure with what the tool had produced until then. */
export function failureWithOutput(failure: ToolFailure, output: object): ToolFailure {
  const { code, message, cause } = failure.failure;
  return new ToolFailure(code, message, cause === undefined ? { output } : { cause, output });
}
