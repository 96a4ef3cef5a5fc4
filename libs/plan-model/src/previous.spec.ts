import fc from 'fast-check';
import { bind } from './bind.js';
import { compileDocument } from './compile.js';
import { evaluate } from './conditions.js';
import type { Json, LoopStep } from './plan.js';
import { stepsReferenced } from './steps-referenced.js';
import { TOOLS } from './testing/catalogue.js';
import { scope } from './testing/scopes.js';

/** A writer who is told what the critic of the round before said. */
const DRAFT = [{
  id: 'improve', loop: {
    until: { field: 'critic.score', operator: '>', value: 8 }, maxIterations: 5, steps: [
      { id: 'writer', tool: 'anything', inputs: { advice: '<<previous.critic.advice ?? "none">>', earlier: '<<previous.steps.writer.items[*].status ?? []>>' } },
      { id: 'critic', tool: 'anything', inputs: { text: '<<writer.text>>' } },
    ],
  },
}];

function compiled(document: unknown) {
  const { plan, diagnostics } = compileDocument(document, TOOLS);
  expect(diagnostics).toEqual([]);
  return plan!;
}

it('a step may refer to a later one as it was in the iteration before, without waiting for it', () => {
  const plan = compiled(DRAFT);
  const [loop, writer, critic] = plan.steps;
  expect(writer!.inputs).toEqual({ advice: '<<previous.steps.critic.output.advice ?? "none">>', earlier: '<<previous.steps.writer.items[*].status ?? []>>' });
  expect([writer!.dependsOn, writer!.needsValueOf, critic!.dependsOn]).toEqual([[], [], [1]]);
  expect((loop as LoopStep).remembers).toEqual([1, 2]);
  expect(stepsReferenced(plan, writer!)).toEqual({ outputs: [], items: [], previous: [2, 1] });
});

it('the innermost loop remembers, and of what stands in a branch in it too', () => {
  const { steps } = compiled([{
    id: 'outer', loop: { forEach: '<<input.x ?? []>>', steps: [{
      id: 'inner', loop: { while: { field: 'iteration', operator: '<', value: 2 }, maxIterations: 3, steps: [
        { id: 'b', branch: [{ when: { field: 'previous.n.v', operator: 'exists' }, steps: [{ id: 'n', tool: 'anything' }] }] },
      ] },
    }] },
  }]);
  expect(steps.map((s) => (s.kind === 'loop' ? s.remembers : null))).toEqual([[], [3], null, null]);
});

it('a step of that name is refused: it would be the beginning of such references', () => {
  expect(compileDocument([{ id: 'previous', tool: 'anything' }], TOOLS).diagnostics).toMatchObject([{ code: 'invalid-id', pointer: '/0/id' }]);
});

describe('the value', () => {
  const REFERENCE = '<<previous.steps.s.output.v>>';

  it('is null where there was none, so that a default or a condition decides', () => {
    expect(bind({ x: '<<previous.steps.s.output.v ?? 7>>' }, scope(), [])).toEqual({ ok: true, value: { x: 7 } });
    expect(bind({ x: REFERENCE }, scope(), [])).toMatchObject({ ok: false, failure: { code: 'reference-missing' } });
    expect(evaluate({ field: 'previous.steps.s.output.v', operator: '==', value: 1 }, scope())).toEqual({ ok: true, value: false });
    expect(evaluate({ field: 'previous.steps.s.output.v', operator: 'exists', value: false }, scope())).toEqual({ ok: true, value: true });
  });

  it('is missing where there was an output without that field', () => {
    expect(evaluate({ field: 'previous.steps.s.output.v', operator: '==', value: 1 }, scope({ previous: { s: { output: {} } } }))).toMatchObject({ ok: false, failure: { code: 'reference-missing' } });
  });

  it('is that of the iteration before, whatever the step gives now, and is not searched for references', () => {
    fc.assert(fc.property(fc.jsonValue().filter((v) => v !== null), fc.jsonValue(), (before, now) => {
      const values = scope({ steps: { s: { output: { v: now as Json } } }, previous: { s: { output: { v: before as Json } } } });
      expect(bind({ x: REFERENCE }, values, [])).toEqual({ ok: true, value: { x: before } });
    }));
    expect(bind({ x: REFERENCE }, scope({ previous: { s: { output: { v: '<<input.secret>>' } } } }), [])).toEqual({ ok: true, value: { x: '<<input.secret>>' } });
  });
});
