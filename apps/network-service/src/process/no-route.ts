import { ToolFailure } from '@opsmesh/contracts';

/** The failure of a program that says it has no way to an address, or undefined when it says something else. */
export function failureOfRoute(address: string, stderr: string): ToolFailure | undefined {
  const cause = stderr.trim().slice(0, 500);
  if (!/network is unreachable|no route to host|cannot assign requested address|address family/i.test(cause)) return undefined;
  return new ToolFailure('unreachable', `there is no way to ${address} from this worker`, { cause });
}
