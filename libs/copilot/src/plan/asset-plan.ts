import type { AnswerDescription } from '../answer/answer.js';
import type { FactSheet } from '../facts/facts.js';
import type { AssetQuestion } from '../intent/intent.js';
import { filtersOf } from '../slots/asset-filters.js';
import { describe } from '../slots/selection.js';
import type { JsonObject, PlanDocument } from './plan-document.js';

/** Fields of a list of assets when nothing else was asked for. */
const LISTED = ['hostname', 'ip_address', 'os', 'environment', 'status', 'location', 'tags'];
const MOST = 10_000;

/** The asset query that answers a question about the inventory, and how its answer is computed. */
export function assetPlan(q: AssetQuestion, facts: FactSheet): { readonly plan: PlanDocument; readonly answer: AnswerDescription } {
  const names = [...q.selection.hosts, ...q.selection.unknownHosts];
  const selection = { ...q.selection, hosts: names };
  const filters: JsonObject = { ...filtersOf(selection, facts), ...(q.time === null ? {} : { [q.time.field]: { ...(q.time.after === undefined ? {} : { after: q.time.after }), ...(q.time.before === undefined ? {} : { before: q.time.before }) } }) } as JsonObject;
  const since = q.time === null ? '' : ` ${q.time.field === 'created_at' ? 'added' : 'changed'}${q.time.after === undefined ? '' : ` after ${q.time.after}`}${q.time.before === undefined ? '' : ` before ${q.time.before}`}`;
  const subject = `${describe(selection)}${since}`;
  const step = 'assets';
  const query = (more: JsonObject): PlanDocument => ({ name: `Inventory: ${subject}`.slice(0, 256), steps: [{ id: step, tool: 'asset-query', inputs: { ...(Object.keys(filters).length > 0 ? { filters } : {}), ...more } }] });
  switch (q.kind) {
    case 'count': return { plan: query({ count_only: true }), answer: { kind: 'count', step, subject } };
    case 'exists': return { plan: query({ fields: ['hostname'], limit: 10 }), answer: { kind: 'exists', step, subject } };
    case 'groups': return { plan: query({ fields: ['hostname', q.field!], limit: MOST }), answer: { kind: 'groups', step, subject, by: q.field! } };
    case 'value': return { plan: query({ fields: [...new Set(['hostname', q.field!])], limit: MOST }), answer: { kind: 'value', step, subject, field: q.field! } };
    case 'assets': {
      const fields = q.field === null || q.field === 'hostname' ? LISTED : [...new Set(['hostname', q.field])];
      return { plan: query({ fields, ...(q.sort === null ? {} : { sort: q.sort }), limit: q.limit ?? MOST }), answer: { kind: 'assets', step, subject, fields } };
    }
  }
}
