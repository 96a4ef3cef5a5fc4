import { ToolFailure } from '@opsmesh/contracts';

const PORT = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])';
const RANGE = `${PORT}(?:-${PORT})?`;

/** Ports and ranges of 1 to 65535 with commas between; none of nmap's other notations (`T:`, `-`, `http*`, `[1-9]`). */
export const PORT_LIST = new RegExp(`^${RANGE}(?:,${RANGE})*$`);

/** @throws ToolFailure `input-invalid` for a range that runs backwards, which a pattern cannot tell, and for what no pattern let through */
export function checkPortList(ports: string): string {
  if (!PORT_LIST.test(ports)) throw new ToolFailure('input-invalid', 'ports must look like 22,80,8000-8100');
  for (const part of ports.split(',')) {
    const [low, high] = part.split('-').map(Number);
    if (high !== undefined && low! > high) throw new ToolFailure('input-invalid', `the port range ${part} runs backwards`);
  }
  return ports;
}
