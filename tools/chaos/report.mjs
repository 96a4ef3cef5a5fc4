import { table } from '../terminal/table.mjs';
import { causeOf } from './causes.mjs';
import { TOOLS } from './plans.mjs';

/** Broken cases shown of one rule. */
const SHOWN = 10;

/** @param {Awaited<ReturnType<typeof import('./storm.mjs').storm>>} result @returns {string} */
export function stormReport({ started, runs, doubts, faults, stormMs, drainMs, verdicts }, members) {
  const injected = faults.filter((f) => !f.failed);
  const items = runs.flatMap((r) => r.items);
  const outcomes = count(items.map(({ item }) => item.status));
  const once = items.filter(({ step }) => TOOLS[step.tool].once).length;
  const own = members.flatMap((m) => m.lives.filter((l) => l.to !== undefined && !l.intended).map((l) => `${m.name} (pid ${l.pid})`));
  const failedStarts = members.reduce((sum, m) => sum + m.failedStarts.length, 0);
  return [
    table(['FAULT', ' TIMES', ' SECONDS'], Object.entries(group(injected, (f) => f.kind)).map(([kind, list]) => [kind, String(list.length), seconds(list.reduce((sum, f) => sum + f.to - f.from, 0))])),
    table(['RUNS', ' COUNT'], [['started over the API', String(started.length)], ['in the record, with sub-plans', String(runs.length)], ...Object.entries(count(runs.map((r) => r.view.status))).map(([k, n]) => [k, String(n)])]),
    table(['ITEMS', ' COUNT'], [['all', String(items.length)], ['of a tool that is not idempotent', `${once} (${Math.round((100 * once) / items.length)} %)`], ...Object.entries(outcomes).map(([k, n]) => [k, String(n)]), ['attempts', String(items.reduce((sum, { item }) => sum + item.attempt, 0))], ['events read', String(runs.reduce((sum, r) => sum + r.events.length, 0))]]),
    table(['UNKNOWN', 'CODE', 'CAUSE', ' COUNT'], Object.entries(count(doubts.map((d) => `${d.known ? 'for a while' : 'for ever'}|${d.code}|${causeOf(d, faults) ?? 'NONE'}`))).map(([k, n]) => [...k.split('|'), String(n)])),
    table(['TIME', ' SECONDS'], [['with faults', seconds(stormMs)], ['until all had ended, after them', seconds(drainMs)]]),
    `  processes that ended by themselves: ${own.length === 0 ? 'none' : own.join(', ')}; starts that had to be tried again: ${failedStarts}`,
    verdictLines(verdicts),
  ].join('\n\n');
}

/** A part that gives figures. */
export function figureReport(title, rows, verdicts) {
  return [table([title.toUpperCase(), ' FIGURE'], rows), verdictLines(verdicts)].join('\n\n');
}

function verdictLines(verdicts) {
  return verdicts.map(({ rule, broken }) => `  ${broken.length === 0 ? 'holds ' : 'BROKEN'}  ${rule}${broken.length === 0 ? '' : `: ${broken.length}`}${broken.slice(0, SHOWN).map((b) => `\n            ${b}`).join('')}`).join('\n');
}

function group(list, keyOf) {
  return Object.fromEntries([...Map.groupBy(list, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function count(list) {
  return Object.fromEntries(Object.entries(group(list, (k) => k)).map(([k, all]) => [k, all.length]));
}

function seconds(ms) {
  return (ms / 1000).toFixed(1);
}
