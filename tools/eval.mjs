// npm run eval -- chat [--misses] [--tuning]: reads the phrasings against a fixed inventory and the built-in templates, and prints scores per class.
// Every plan is compiled. Ends with 1 when a phrasing became a change that was not asked for.
import { BUILTIN_TEMPLATES, Catalogue, InMemoryFacts } from '@opsmesh/copilot';
import { evaluate, evaluationCompile, EVALUATION_FLEET, EVALUATION_TOOLS, HELD_OUT, TUNING } from '@opsmesh/copilot/evaluation';
import { compileDocument } from '@opsmesh/plan-model';

const [what] = process.argv.slice(2).filter((a) => !a.startsWith('--'));
if (what !== 'chat') {
  console.error('npm run eval -- chat [--misses] [--tuning]');
  process.exit(2);
}
const misses = process.argv.includes('--misses');
const sets = { tuning: TUNING, ...(process.argv.includes('--tuning') ? {} : { 'held out': HELD_OUT }) };
const compile = evaluationCompile(compileDocument);
const setup = { facts: new InMemoryFacts(EVALUATION_FLEET), catalogue: new Catalogue(EVALUATION_TOOLS), templates: BUILTIN_TEMPLATES, now: new Date('2026-11-21T12:00:00Z'), compile };
let wrong = 0;
for (const [name, phrasings] of Object.entries(sets)) {
  const result = await evaluate(phrasings, setup);
  console.log(`${name}: ${result.right} of ${result.total} as expected; wrong changes: ${result.wrongChanges.length}`);
  for (const c of result.classes) console.log(`  ${c.outcome.padEnd(7)} outcome ${share(c.outcomes, c.total)}  intent ${share(c.intents, c.total)}  slots ${share(c.slots, c.total)}`);
  for (const m of misses ? result.misses : result.wrongChanges) console.log(`  - [${m.wrong.join(', ')}] ${JSON.stringify(m.phrasing.say)}: expected ${m.phrasing.outcome} ${m.phrasing.intent ?? ''} ${JSON.stringify(m.phrasing.slots ?? {})}, got ${m.outcome} ${m.intent} ${JSON.stringify(given(m.slots))}`);
  wrong += result.wrongChanges.length;
}
process.exitCode = wrong > 0 ? 1 : 0;

function share(part, of) {
  return `${String(part).padStart(3)}/${String(of).padEnd(3)}`;
}

function given(slots) {
  return Object.fromEntries(Object.entries(slots).filter(([, v]) => v !== undefined && v !== null && v !== false && !(Array.isArray(v) && v.length === 0)));
}
