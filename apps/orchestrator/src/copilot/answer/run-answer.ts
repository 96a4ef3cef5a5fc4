import type { ChatCauseView, ChatColumnView, ChatRemarkView, ChatResultView, ChatTableView, StepView, TimelineStepView } from '@opsmesh/contracts';
import { showable, type AnswerDescription } from '@opsmesh/copilot';
import type { TurnKey, TurnWork } from '../turn.js';
import { actionsOf, SHOWN_ACTIONS } from './actions.js';
import type { RunRecordForAnswer } from './read-run.js';
import { fullTable, SHOWN_ROWS } from './tables.js';
import { withUnit } from './units.js';

/** Rows that the message itself repeats. */
const TOLD_ROWS = 20;
/** With at most so many rows texts of several lines are told as they are, so far. */
const FEW_ROWS = 3;
const BLOCK_LINES = 30;
const BLOCK_WIDTH = 200;

export interface RunAnswer {
  readonly result: ChatResultView;
  /** Sentences and rows for people who see text only. Every figure in it is computed. */
  readonly message: string;
}

/** Steps that change something, by the risk that was computed for them. */
function changingSteps({ risk }: TurnWork): string[] {
  return (risk?.steps ?? []).filter((s) => s.class !== 'read').map((s) => s.id);
}

/** The answers that are tables: not what only repeats an action, nor, in a model's plan, the hosts that its other steps go over. */
export function tabled({ answers, plan, source }: TurnWork): readonly AnswerDescription[] {
  const tables = answers.filter((a) => a.kind !== 'outcome');
  const telling = tables.filter((a) => plan.steps.find((s) => s.id === a.step)?.tool !== 'asset-query');
  return source === 'model' && telling.length > 0 ? telling : tables;
}

/** Steps whose items an answer needs. */
export function stepsToRead(work: TurnWork): string[] {
  return [...work.answers.map((a) => a.step), ...changingSteps(work)];
}

/** The answer of a run, as far as it is. Pure. */
export function runAnswer(key: TurnKey, work: TurnWork, record: RunRecordForAnswer, now: Date): RunAnswer {
  const { run } = record;
  const tables = tabled(work).map((answer, table): ChatTableView => {
    const full = fullTable(answer, record);
    return { table, ...full, rows: full.rows.slice(0, SHOWN_ROWS), csv: `/conversations/${key.conversationId}/turns/${key.turn}/tables/${table}` };
  });
  const actions = actionsOf(record, changingSteps(work));
  const causes = record.timeline.flatMap((s) => causeOf(s) ?? []);
  const result: ChatResultView = {
    workflow_id: run.id, status: run.status, execution_time_ms: Math.max(0, (run.finishedAt === null ? now : new Date(run.finishedAt)).getTime() - new Date(run.createdAt).getTime()),
    tables, actions: actions.slice(0, SHOWN_ACTIONS), total_actions: actions.length, root_causes: causes.filter((c) => c.because_of === null), consequences: causes.filter((c) => c.because_of !== null),
    remarks: remarksOf(record).slice(0, 100), run_url: `/runs/${run.id}`, events_url: `/runs/${run.id}/events`,
  };
  return { result, message: messageOf(work, result, run.steps) };
}

function messageOf(work: TurnWork, result: ChatResultView, steps: readonly StepView[]): string {
  const lines: string[] = [];
  const seconds = Number((result.execution_time_ms / 1000).toFixed(1));
  if (!['completed', 'partial', 'failed', 'cancelled'].includes(result.status)) lines.push(`It runs (${result.status}) for ${seconds} s so far; see ${result.run_url}.`);
  for (const s of steps) if (s.missingService !== null) lines.push(`Step ${s.id} waits: no worker of ${s.missingService} is heard.`);
  if (result.total_actions > 0) {
    const good = result.actions.filter((a) => a.status === 'succeeded').length;
    lines.push(`${showable(work.plan.name)}: ${result.total_actions > SHOWN_ACTIONS ? `${result.total_actions} actions` : `${good} of ${result.total_actions} actions succeeded`} in ${seconds} s.`);
    lines.push(...result.actions.slice(0, TOLD_ROWS).map((a) => `- ${a.tool}${a.target === null ? '' : ` on ${a.target}`}: ${a.status}, ${a.happened}`));
  }
  const answers = tabled(work);
  for (const table of result.tables) {
    lines.push(table.sentence);
    // Of the inventory the sentence says it all, but for a list.
    if ((work.source === 'inventory' && answers[table.table]?.kind !== 'assets') || table.columns.length === 0) continue;
    lines.push(...rowLines(table, work.source === 'inventory' ? (c) => c.title !== 'hostname' : () => true));
    if (table.total_rows > TOLD_ROWS) lines.push(`... and ${table.total_rows - TOLD_ROWS} more rows: ${table.csv}`);
  }
  for (const c of result.root_causes) lines.push(`Root cause in step ${c.step}: ${c.code}, ${c.message}`);
  for (const c of result.consequences) lines.push(`Step ${c.step} did not run because of step ${c.because_of}.`);
  for (const r of result.remarks) lines.push(`${r.what} in step ${r.step}: ${r.text}`);
  return lines.length > 0 ? lines.join('\n') : `${showable(work.plan.name)}: ${result.status} in ${seconds} s.`;
}

/** Rows as lines: `- host: column value, ...`; where there are few rows a text of several lines follows, each marked as what the host wrote. */
function rowLines(table: ChatTableView, isTold: (column: ChatColumnView) => boolean): string[] {
  const columns = table.columns.map((column, i) => ({ column, i })).filter(({ column }) => isTold(column));
  const isFew = table.total_rows <= FEW_ROWS;
  return table.rows.slice(0, TOLD_ROWS).flatMap((r) => {
    const who = `- ${r.target ?? table.subject}: `;
    if (r.status !== 'succeeded') return [`${who}${r.status}${r.reason === null ? '' : `, ${r.reason}`}`];
    const told = columns.filter(({ i }) => r.cells[i] !== null && r.cells[i] !== '');
    const blocks = isFew ? told.filter(({ i }) => isBlock(r.cells[i])) : [];
    const plain = told.filter((c) => !blocks.includes(c)).map(({ column, i }) => `${column.title} ${oneLine(withUnit(r.cells[i], column.unit))}`);
    return [`${who}${plain.length > 0 ? plain.join(', ') : blocks.length > 0 ? blocks[0]!.column.title : 'none'}`, ...blocks.flatMap(({ i }) => indented(String(r.cells[i])))];
  });
}

function isBlock(value: unknown): boolean {
  return typeof value === 'string' && value.trim().includes('\n');
}

function indented(text: string): string[] {
  const all = text.trimEnd().split(/\r\n?|\n/);
  return [...all.slice(0, BLOCK_LINES).map((l) => `  | ${l.slice(0, BLOCK_WIDTH)}`), ...(all.length > BLOCK_LINES ? [`  ... and ${all.length - BLOCK_LINES} more lines`] : [])];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

function causeOf(step: TimelineStepView): ChatCauseView | undefined {
  // A step that ended in part says why in its rows.
  if (!step.cause || !step.failure) return undefined;
  return { step: step.id, code: step.failure.code, message: showable(step.failure.message), because_of: step.cause.kind === 'root' ? null : step.cause.root };
}

/** What was adapted, left out, cut or is not known. */
function remarksOf({ run, timeline, items, cut, guards }: RunRecordForAnswer): ChatRemarkView[] {
  const remarks: ChatRemarkView[] = [];
  for (const step of timeline) {
    for (const a of step.adaptations) remarks.push({ what: 'adapted', step: step.id, text: `${a.effect}${Object.keys(a.detail).length > 0 ? ` ${showable(JSON.stringify(a.detail))}` : ''}${a.cause === null ? '' : `, because of ${a.cause}`}` });
  }
  for (const step of run.steps) {
    const { counts } = step;
    if (counts.unknown > 0) remarks.push({ what: 'unknown', step: step.id, text: `of ${counts.unknown} of ${step.total} it is not known whether they happened; they are not repeated by themselves` });
    if (counts.skipped > 0) remarks.push({ what: 'skipped', step: step.id, text: `${counts.skipped} of ${step.total} were skipped` });
    else if (step.status === 'skipped' && step.failure === null && !guards.has(step.id)) remarks.push({ what: 'skipped', step: step.id, text: 'its condition did not hold' });
    if (counts.cancelled > 0) remarks.push({ what: 'cancelled', step: step.id, text: `${counts.cancelled} of ${step.total} were cancelled` });
    const truncated = (items.get(step.id) ?? []).filter((i) => i.truncated).length;
    if (truncated > 0) remarks.push({ what: 'truncated', step: step.id, text: `${truncated} outputs were longer than is kept and are not in the table` });
    if (cut.has(step.id)) remarks.push({ what: 'truncated', step: step.id, text: `the first ${items.get(step.id)!.length} of ${step.total} are in the table` });
  }
  return remarks;
}
