import type { ItemView } from '@opsmesh/contracts';
import type { AnswerDescription, Column, Unit } from '@opsmesh/copilot';

const MOST = 12;
/** Outputs that are looked at. */
const SAMPLE = 100;

/** A table whose columns nobody named, as of a model's plan, gets those of its outputs: of the rows of their first list of objects, else their plain fields. */
export function withColumns(answer: AnswerDescription, items: readonly ItemView[]): AnswerDescription {
  if (answer.kind !== 'table' || answer.columns.length > 0) return answer;
  const outputs = items.slice(0, SAMPLE).map((i) => i.output).filter(isObject);
  const list = outputs.map((o) => Object.entries(o).find(([, v]) => Array.isArray(v) && v.length > 0 && v.every(isObject))?.[0]).find((name) => name !== undefined);
  const rows = list === undefined ? outputs : outputs.flatMap((o) => (Array.isArray(o[list]) ? (o[list] as unknown[]).slice(0, SAMPLE).filter(isObject) : []));
  const names = [...new Set(rows.flatMap((r) => Object.entries(r).filter(([, v]) => v !== null && typeof v !== 'object').map(([k]) => k)))].filter((n) => n !== 'host' && !n.includes('.')).slice(0, MOST);
  return { ...answer, columns: names.map(columnOf), ...(list === undefined ? {} : { rows: list }) };
}

/** Units that our tools put into the names of their fields. */
const UNITS: readonly (readonly [RegExp, Unit])[] = [[/bytes$/i, 'bytes'], [/percent$/i, 'percent'], [/(?:_ms|Ms)$/, 'milliseconds'], [/seconds$/i, 'seconds']];

function columnOf(name: string): Column {
  const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1];
  return { title: name.replaceAll('_', ' ').replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`), path: name, ...(unit === undefined ? {} : { unit }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
