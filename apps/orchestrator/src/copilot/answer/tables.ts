import type { ChatColumnView, ChatFullTableView, ChatRowView, ChatSourceView, ItemView } from '@opsmesh/contracts';
import { computeAnswer, neutralText, showable, type AnswerDescription, type StepResult } from '@opsmesh/copilot';
import { cachedSentence, cachedView } from './cached.js';
import { withColumns } from './columns.js';
import type { RunRecordForAnswer } from './read-run.js';
import { withUnit } from './units.js';

/** Rows of a table in a reply; its CSV has all of them. */
export const SHOWN_ROWS = 200;
/** Longest text of a cell in a reply; the raw output has all of it. */
const CELL = 4000;
const COMMAND = 2000;

/** The table of one answer with all its rows. Every figure is computed from the results. */
export function fullTable(answer: AnswerDescription, record: RunRecordForAnswer): ChatFullTableView {
  const items = record.items.get(answer.step) ?? [];
  const step = record.run.steps.find((s) => s.id === answer.step);
  const computed = computeAnswer(withColumns(answer, items), { [answer.step]: resultOf(items, record.fannedOut.has(answer.step)) });
  const byIndex = new Map(items.map((i) => [i.index, i]));
  const rows = computed.rows.map((row): ChatRowView => {
    const item = byIndex.get(row.item);
    return { target: row.target === null ? null : showable(row.target), status: row.status, reason: row.reason, cells: row.cells.map(shown), source: item && step ? sourceOf(item, { runId: record.run.id, step: step.id, tool: step.tool }) : null };
  });
  const columns = computed.columns.map((c, i): ChatColumnView => ({ title: c.title, type: typeOf(rows.map((r) => r.cells[i])), unit: c.unit ?? null }));
  const extremes = extremesOf(columns, rows);
  const cached = cachedSentence(items);
  return {
    step: answer.step, tool: step?.tool ?? null, subject: showable(answer.subject), sentence: [computed.sentence, ...cached.sentences, ...extremes.sentences].join(' '), figures: { ...computed.figures, ...cached.figures, ...extremes.figures }, columns, rows, total_rows: rows.length,
  };
}

/** Where what an item says comes from: its command or bound inputs, its newest attempt, and the path of its log. */
export function sourceOf(item: ItemView, { runId, step, tool }: { readonly runId: string; readonly step: string; readonly tool: string | null }): ChatSourceView {
  const inputs = item.inputs ?? {};
  const command = inputs['command'] ?? inputs['script'];
  const text = typeof command === 'string' ? command : `${tool ?? step} ${JSON.stringify(inputs)}`;
  return { item: item.index, attempt: item.attempt, command: neutralText(text.slice(0, COMMAND)).shown, url: `/runs/${runId}/steps/${encodeURIComponent(step)}/items/${item.index}`, cached: cachedView(item) };
}

function resultOf(all: readonly ItemView[], fannedOut: boolean): StepResult {
  const items = all.map((i) => ({ index: i.index, target: i.target, inputs: i.inputs, status: i.status, output: i.truncated ? undefined : i.output ?? undefined, failure: i.failure }));
  if (fannedOut) return { items };
  const [only] = items;
  if (!only) return {};
  // A single item that did not succeed is told like one of many: with its reason.
  return { output: only.output, ...(only.status !== 'succeeded' || only.target !== null ? { items: [only] } : {}) };
}

/** What a host wrote is shown with its hidden characters visible; numbers, truths and structures stay what they are. */
function shown(value: unknown): unknown {
  if (typeof value === 'string') return neutralText(value.slice(0, CELL)).shown;
  if (Array.isArray(value)) return value.slice(0, 1000).map(shown);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [neutralText(k).shown, shown(v)]));
  return value;
}

function typeOf(cells: readonly unknown[]): string {
  const types = new Set(cells.filter((c) => c !== null && c !== undefined).map((c) => (Array.isArray(c) ? 'list' : typeof c === 'string' ? 'text' : typeof c)));
  return types.size === 0 ? 'none' : types.size > 1 ? 'mixed' : [...types][0]!;
}

/** Smallest, largest and sum of each column of bytes, smallest and largest of percentages, where there are two rows or more. */
function extremesOf(columns: readonly ChatColumnView[], rows: readonly ChatRowView[]): { readonly sentences: string[]; readonly figures: Record<string, number> } {
  const sentences: string[] = [];
  const figures: Record<string, number> = {};
  columns.forEach(({ title, unit }, i) => {
    if (unit !== 'bytes' && unit !== 'percent') return;
    const valued = rows.flatMap((r) => (typeof r.cells[i] === 'number' ? [{ target: r.target, value: r.cells[i] }] : []));
    if (valued.length < 2) return;
    const least = valued.reduce((a, b) => (b.value < a.value ? b : a));
    const most = valued.reduce((a, b) => (b.value > a.value ? b : a));
    const sum = valued.reduce((total, v) => total + v.value, 0);
    Object.assign(figures, { [`${title} least`]: least.value, [`${title} most`]: most.value, ...(unit === 'bytes' ? { [`${title} sum`]: sum } : {}) });
    const at = (v: { target: string | null; value: number }): string => `${withUnit(v.value, unit)}${v.target === null ? '' : ` (${v.target})`}`;
    const range = least.value === most.value ? `${withUnit(least.value, unit)} on each` : `${at(least)} to ${at(most)}`;
    sentences.push(`${title}: ${range}${unit === 'bytes' ? `, ${withUnit(sum, unit)} in all` : ''}.`);
  });
  return { sentences, figures };
}
