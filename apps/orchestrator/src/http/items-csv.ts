import type { ItemView } from '@opsmesh/contracts';

const FIXED = ['index', 'target', 'status', 'attempt', 'durationMs', 'failureCode', 'failureMessage'] as const;

/** Items as CSV (RFC 4180) with the scalar fields of their outputs as further columns, named `output.<field>`. */
export function toCsv(items: readonly ItemView[]): string {
  const fields = [...new Set(items.flatMap((i) => scalarFields(i.output)))];
  const header = [...FIXED, ...fields.map((f) => `output.${f}`)];
  const rows = items.map((i) => [i.index, i.target, i.status, i.attempt, i.durationMs, i.failure?.code, i.failure?.message, ...fields.map((f) => (i.output as Record<string, unknown> | null)?.[f])]);
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function scalarFields(output: unknown): string[] {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return [];
  return Object.entries(output).filter(([, v]) => typeof v !== 'object' || v === null).map(([k]) => k);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet must not take output of a host for a formula (OWASP, CSV injection).
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
