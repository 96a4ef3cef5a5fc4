import { readFileSync } from 'node:fs';
import { compileDocument } from './compile.js';
import { CONDITION_OPERATORS, LIMITS, STEP_KINDS } from './plan.js';
import { TOOLS } from './testing/catalogue.js';

const page = readFileSync(new URL('../../../docs/plan-language.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```json( refused: ([a-z-]+))?\n([^]*?)^```/gm)].map((m): [string, string | undefined] => [m[3]!, m[2]]);

it.each(examples)('the example compiles, or is refused as the page says: %s', (text, refused) => {
  const { plan, diagnostics } = compileDocument(JSON.parse(text), TOOLS);
  if (refused) expect(diagnostics.map((d) => d.code)).toContain(refused);
  else expect({ plan, diagnostics }).toEqual({ plan: expect.anything() as object, diagnostics: [] });
});

it('the page has examples, every kind of step, every operator and every limit', () => {
  expect(examples.length).toBeGreaterThan(8);
  for (const operator of CONDITION_OPERATORS) expect(page).toContain(`\`${operator}\``);
  for (const kind of STEP_KINDS) expect(examples.some(([text]) => text.includes(`"${kind}":`))).toBe(true);
  for (const limit of [LIMITS.steps, LIMITS.nesting, LIMITS.conditionDepth]) expect(page).toContain(`${limit}`);
  expect(page).toContain(`${LIMITS.planBytes / 1024} KiB`);
  for (const limit of [LIMITS.renderedInputBytes, LIMITS.stepValueBytes, LIMITS.stepInputs]) expect(page).toContain(`${limit / 1024 / 1024} MiB`);
  for (const limit of [LIMITS.items, LIMITS.loopIterations]) expect(page).toContain(limit.toLocaleString('en'));
  expect(page).toContain(`${LIMITS.waitMs / 86_400_000} days`);
});
