import type { ItemView } from '@opsmesh/contracts';

const FIXED = ['index', 'target', 'status', 'attempt', 'durationMs', 'cached', 'failureCode', 'failureMessage'] as const;

type Fields = ReadonlyMap<string, unknown>;

/**
 * Items as CSV (RFC 4180). The scalar fields of their outputs are further columns, named `output.<field>`, those of objects in them
 * `output.<field>.<field>`. An output that is a list of rows, such as the volumes of a host, gives a line for each row.
 */
export function toCsv(items: readonly ItemView[]): string {
  const lines = items.flatMap((item) => outputLines(item.output).map((fields) => ({ item, fields })));
  const columns = [...new Set(lines.flatMap((l) => [...l.fields.keys()]))];
  const rows = lines.map(({ item: i, fields }) => [i.index, i.target, i.status, i.attempt, i.durationMs, i.cached, i.failure?.code, i.failure?.message, ...columns.map((c) => fields.get(c))]);
  return csvOf([[...FIXED, ...columns], ...rows]);
}

/** Rows as CSV (RFC 4180); what is no text and no plain value becomes JSON. */
export function csvOf(rows: readonly (readonly unknown[])[]): string {
  return rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function outputLines(output: unknown): Fields[] {
  if (!isObject(output)) return [new Map()];
  const common = scalarFields(output, 'output');
  const list = Object.entries(output).find(([, value]) => Array.isArray(value) && value.length > 0 && value.every(isObject));
  if (!list) return [common];
  const [name, rows] = list as [string, Record<string, unknown>[]];
  return rows.map((row) => new Map([...common, ...scalarFields(row, `output.${name}`)]));
}

/** Scalars of an object and of the objects directly in it. */
function scalarFields(object: Record<string, unknown>, prefix: string): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    if (!isObject(value) && !Array.isArray(value)) fields.set(`${prefix}.${name}`, value);
    if (isObject(value)) for (const [inner, v] of Object.entries(value)) if (typeof v !== 'object' || v === null) fields.set(`${prefix}.${name}.${inner}`, v);
  }
  return fields;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // A spreadsheet must not take output of a host for a formula (OWASP, CSV injection).
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
