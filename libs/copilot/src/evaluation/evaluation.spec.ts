import { compileDocument } from '@opsmesh/plan-model';
import { Catalogue } from '../catalogue/catalogue.js';
import { InMemoryFacts } from '../facts/in-memory-facts.js';
import { BUILTIN_TEMPLATES } from '../templates/builtin/index.js';
import { evaluate, EVALUATION_FLEET, EVALUATION_TOOLS, HELD_OUT, TUNING } from './index.js';
import { evaluationCompile } from './evaluation-compile.js';

const setup = { facts: new InMemoryFacts(EVALUATION_FLEET), catalogue: new Catalogue(EVALUATION_TOOLS), templates: BUILTIN_TEMPLATES, now: new Date('2026-11-21T12:00:00Z'), compile: evaluationCompile(compileDocument) };

it('has at least 300 phrasings, each once', () => {
  const all = [...TUNING, ...HELD_OUT].map((p) => p.say);
  expect(all.length).toBeGreaterThanOrEqual(300);
  expect(new Set(all).size).toBe(all.length);
});

it('makes no phrasing a change that was not asked for', async () => {
  const results = [await evaluate(TUNING, setup), await evaluate(HELD_OUT, setup)];
  expect(results.flatMap((r) => r.wrongChanges.map((m) => m.phrasing.say))).toEqual([]);
});

it('reads nearly all phrasings as expected', async () => {
  const tuned = await evaluate(TUNING, setup);
  const heldOut = await evaluate(HELD_OUT, setup);
  expect(tuned.right / tuned.total).toBeGreaterThan(0.97);
  expect(heldOut.right / heldOut.total).toBeGreaterThan(0.93);
});

it('counts a change that was not asked for as wrong, and one with another target too', async () => {
  const result = await evaluate([
    { say: 'restart nginx on web-01', outcome: 'tell' },
    { say: 'restart nginx on web-01', outcome: 'act', intent: 'restart-service', slots: { hosts: ['web-02'] } },
    { say: 'restart nginx on web-01', outcome: 'act', intent: 'restart-service', slots: { hosts: ['web-01'] } },
  ], setup);
  expect(result.wrongChanges).toHaveLength(2);
  expect(result.right).toBe(1);
});
