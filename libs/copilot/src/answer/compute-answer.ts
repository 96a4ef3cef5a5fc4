import { showable } from '../text/neutral-text.js';
import type { AnswerDescription, Column, RowFilter } from './answer.js';
import { isWithin } from './row-filter.js';

/** What a run gave for one step: its output, or the items of a fan-out. */
export interface StepResult {
  readonly output?: unknown;
  readonly items?: readonly { /** Its number in the step; its place in this list when left out. */ readonly index?: number; readonly target: string | null; readonly inputs?: Readonly<Record<string, unknown>> | null; readonly status: string; readonly output?: unknown; readonly failure?: { readonly code: string; readonly message: string } | null }[];
}

/** An answer whose every figure is computed from results. */
export interface ComputedAnswer {
  readonly sentence: string;
  /** The figures of the sentence by name. */
  readonly figures: Readonly<Record<string, number>>;
  readonly columns: readonly Column[];
  /** One row for each host or row of its output; failed ones first. Cells are values as the tools gave them, null where there is none. */
  readonly rows: readonly { /** The item that gave it. */ readonly item: number; /** The host by name, where its output or its inputs tell one. */ readonly target: string | null; readonly status: string; readonly reason: string | null; readonly cells: readonly unknown[] }[];
}

/** Computes the answer that a description stands for; a step without a result is told as such. */
export function computeAnswer(answer: AnswerDescription, results: Readonly<Record<string, StepResult | undefined>>): ComputedAnswer {
  const result = results[answer.step];
  const say = (sentence: string, figures: Record<string, number> = {}, rest: Partial<ComputedAnswer> = {}): ComputedAnswer => ({ sentence, figures, columns: [], rows: [], ...rest });
  const subject = showable(answer.subject);
  if (!result || (result.output === undefined && result.items === undefined)) return say(`There is no result for ${subject}.`);
  const output = (result.output ?? {}) as { readonly assets?: readonly Record<string, unknown>[]; readonly total?: number; readonly truncated?: boolean };
  const assets = output.assets ?? [];
  const total = output.total ?? assets.length;
  switch (answer.kind) {
    case 'count': return say(`${total} ${total === 1 ? 'asset matches' : 'assets match'}: ${subject}.`, { total });
    case 'exists': return say(total > 0 ? `Yes: ${total} (${subject})${assets.length > 0 ? `, such as ${assets.slice(0, 3).map((a) => showable(String(a['hostname']))).join(', ')}` : ''}.` : `No: there is none (${subject}).`, { total });
    case 'groups': {
      const counts = new Map<string, number>();
      for (const asset of assets) for (const value of valuesOf(asset[answer.by])) counts.set(value, (counts.get(value) ?? 0) + 1);
      const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      return say(`${subject} by ${answer.by}: ${sorted.map(([v, n]) => `${showable(v)} ${n}`).join(', ') || 'none'}.${output.truncated ? ' There are more than were read.' : ''}`, Object.fromEntries(sorted), { columns: [{ title: answer.by, path: 'value' }, { title: 'assets', path: 'count' }], rows: sorted.map(([v, n]) => ({ item: 0, target: null, status: 'succeeded', reason: null, cells: [v, n] })) });
    }
    case 'value': {
      if (assets.length === 0) return say(`The inventory has no such asset: ${subject}.`, { total: 0 });
      const told = assets.slice(0, 10).map((a) => `${showable(String(a['hostname']))}: ${valuesOf(a[answer.field]).map(showable).join(', ')}`);
      return say(`${FIELD_WORDS[answer.field] ?? answer.field} of ${told.join('; ')}.`, { total }, assetTable(assets, ['hostname', answer.field]));
    }
    case 'assets': return say(`${total} ${total === 1 ? 'asset' : 'assets'}: ${subject}.${output.truncated ? ` Shown are ${assets.length}.` : ''}`, { total, shown: assets.length }, assetTable(assets, answer.fields));
    case 'table': case 'outcome': {
      const items: NonNullable<StepResult['items']> = result.items ?? [{ target: null, status: 'succeeded', output: result.output }];
      const good = items.filter((i) => i.status === 'succeeded').length;
      const columns = answer.kind === 'table' ? answer.columns : [];
      const rows = items.map((item, place) => ({ ...item, index: item.index ?? place })).sort((a, b) => rank(a.status) - rank(b.status)).flatMap((item) => {
        const base = { item: item.index, target: calledBy(item), status: item.status, reason: item.failure ? `${item.failure.code}: ${showable(item.failure.message)}` : null };
        const inner = answer.kind === 'table' && answer.rows !== undefined ? at(item.output, answer.rows) : undefined;
        // An empty list has no values; fields of the output that are named like those of its rows are others.
        const sources = !Array.isArray(inner) ? [item.output] : inner.length > 0 ? inner as unknown[] : [{}];
        return sources.map((source) => ({ ...base, cells: columns.map((c) => cellOf(source, c)) }));
      });
      const told = `${subject}: ${good} of ${items.length} succeeded${good === items.length ? '' : good === 0 ? '; each says why' : '; the others say why'}.`;
      const where = answer.kind === 'table' ? answer.where : undefined;
      const place = where === undefined ? -1 : columns.findIndex((c) => c.title === where.column);
      if (where !== undefined && place >= 0) {
        const looked = rows.filter((r) => r.status === 'succeeded');
        const within = looked.filter((r) => isWithin(r.cells[place], where));
        return say(`${told}${looked.length === 0 ? '' : ` ${within.length} of ${looked.length} ${looked.length === 1 ? 'row' : 'rows'} ${within.length === 1 ? 'has' : 'have'} ${where.column} ${where.than} ${boundOf(where, columns[place]!)}.`}`, { total: items.length, succeeded: good, matching: within.length, looked: looked.length }, { columns, rows: [...rows.filter((r) => r.status !== 'succeeded'), ...within] });
      }
      return say(items.length === 0 ? `No host is meant by it: nothing was done (${subject}).` : told, { total: items.length, succeeded: good }, { columns, rows });
    }
  }
}

/** Fields of an asset in words, where they are not words themselves. */
const FIELD_WORDS: Readonly<Record<string, string>> = { ip_address: 'IP address', os: 'operating system', hostname: 'host name' };

function assetTable(assets: readonly Record<string, unknown>[], fields: readonly string[]): Pick<ComputedAnswer, 'columns' | 'rows'> {
  return { columns: fields.map((f) => ({ title: f, path: f })), rows: assets.map((a) => ({ item: 0, target: String(a['hostname'] ?? ''), status: 'succeeded', reason: null, cells: fields.map((f) => a[f] ?? null) })) };
}

function valuesOf(value: unknown): string[] {
  if (value === undefined || value === null) return ['not set'];
  return Array.isArray(value) ? (value.length > 0 ? value.map(String) : ['none']) : [String(value)];
}

/** What people call the host of an item: as its output does, else by the name that was given with its address, else as it was called. */
function calledBy({ output, inputs, target }: NonNullable<StepResult['items']>[number]): string | null {
  const name = [at(output, 'host'), inputs?.['host_name']].find((n) => typeof n === 'string' && n !== '');
  return typeof name === 'string' ? name : target;
}

/** The bound in the unit of its column. */
function boundOf({ value }: RowFilter, { unit }: Column): string {
  return unit === 'percent' ? `${value} %` : unit === 'bytes' ? `${Number((value / 1e9).toFixed(3))} GB` : String(value);
}

/** What failed is read first, then what is not known. */
function rank(status: string): number {
  return status === 'failed' ? 0 : status === 'unknown' ? 1 : status === 'succeeded' ? 3 : 2;
}

function cellOf(source: unknown, { path, each }: Column): unknown {
  const value = at(source, path) ?? null;
  if (each === undefined || !Array.isArray(value)) return value;
  return value.filter((v) => Object.entries(each.where ?? {}).every(([name, wanted]) => at(v, name) === wanted)).map((v) => at(v, each.path) ?? null);
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((v, key) => (typeof v === 'object' && v !== null && Object.hasOwn(v, key) ? (v as Record<string, unknown>)[key] : undefined), value);
}
