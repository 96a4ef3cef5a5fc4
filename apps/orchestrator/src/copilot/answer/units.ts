/** A number with its unit as people read it: decimal units, as disks are sold. */
export function withUnit(value: unknown, unit: string | null): string {
  if (typeof value !== 'number') return textOf(value);
  switch (unit) {
    case 'bytes': return bytes(value);
    case 'percent': return `${value} %`;
    case 'milliseconds': return `${value} ms`;
    case 'seconds': return timeSpan(value);
    default: return String(value);
  }
}

const SCALE = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function bytes(value: number): string {
  const power = value === 0 ? 0 : Math.min(SCALE.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3));
  return `${Number((value / 1000 ** power).toFixed(1))} ${SCALE[power]}`;
}

const SPANS = [['d', 86_400], ['h', 3600], ['min', 60]] as const;
/** Below this many seconds people count seconds. */
const SHORT = 120;

/** A span of time by its two largest units, cut and not rounded: `12 d 3 h`; below two minutes in seconds. */
export function timeSpan(seconds: number): string {
  if (Math.abs(seconds) < SHORT) return `${seconds} s`;
  const largest = SPANS.findIndex(([, size]) => Math.abs(seconds) >= size);
  const [name, size] = SPANS[largest]!;
  const next = SPANS[largest + 1] ?? (['s', 1] as const);
  const whole = Math.trunc(seconds / size);
  const rest = Math.trunc(Math.abs(seconds - whole * size) / next[1]);
  return `${whole} ${name}${rest === 0 ? '' : ` ${rest} ${next[0]}`}`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object')) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
