import type { ChatActionView, ItemView } from '@opsmesh/contracts';
import { showable } from '@opsmesh/copilot';
import type { RunRecordForAnswer } from './read-run.js';
import { sourceOf } from './tables.js';

/** Actions in a reply. */
export const SHOWN_ACTIONS = 200;
const FIELDS = 6;
const RANK = ['failed', 'unknown', 'cancelled', 'skipped', 'running', 'queued', 'pending', 'succeeded'];

/** What became of every item of the steps that change something; failed ones first. */
export function actionsOf(record: RunRecordForAnswer, steps: readonly string[]): ChatActionView[] {
  const { run } = record;
  const actions = run.steps.filter((s) => steps.includes(s.id)).flatMap((step) => (record.items.get(step.id) ?? []).map((item): ChatActionView => ({
    step: step.id, tool: step.tool ?? step.kind, target: item.target === null ? null : showable(item.target), status: item.status, happened: happened(item), duration_ms: item.durationMs,
    source: sourceOf(item, { runId: run.id, step: step.id, tool: step.tool }),
  })));
  return actions.sort((a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status));
}

/** What happened, in words of the tool: its own message where it gives one, else the plain fields of its output. */
function happened(item: ItemView): string {
  if (item.failure) return `${item.failure.code}: ${showable(item.failure.message)}`;
  if (item.status !== 'succeeded') return item.status === 'unknown' ? 'it may or may not have happened' : `it is ${item.status}`;
  const output = item.output;
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return 'done';
  const fields = output as Record<string, unknown>;
  for (const name of ['message', 'summary', 'happened']) if (typeof fields[name] === 'string' && fields[name] !== '') return showable(fields[name]);
  const plain = Object.entries(fields).filter(([k, v]) => k !== 'host' && ((typeof v === 'string' && v !== '') || typeof v === 'number' || typeof v === 'boolean')).slice(0, FIELDS);
  return plain.length === 0 ? 'done' : plain.map(([k, v]) => `${showable(k)}: ${showable(String(v)).trim()}`).join(', ');
}
