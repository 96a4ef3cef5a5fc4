/** A number with its unit as people read it: decimal units, as disks are sold. */
export function withUnit(value: unknown, unit: string | null): string {
  if (typeof value !== 'number') return textOf(value);
  switch (unit) {
    case 'bytes': return bytes(value);
    case 'percent': return `${value} %`;
    case 'milliseconds': return `${value} ms`;
    case 'seconds': return `${value} s`;
    default: return String(value);
  }
}

const SCALE = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function bytes(value: number): string {
  const power = value === 0 ? 0 : Math.min(SCALE.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3));
  return `${Number((value / 1000 ** power).toFixed(1))} ${SCALE[power]}`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object')) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
