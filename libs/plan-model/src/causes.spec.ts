import { failure } from '@opsmesh/contracts';
import { causesOf } from './causes.js';
import { branch, loop, plan, step } from './testing/plans.js';
import { type Simulation, started } from './testing/simulation.js';

const nonzero = failure('nonzero-exit', 'exit 1');

/** Each cause as `step<root`, a root alone. */
function causes(run: Simulation): string[] {
  return causesOf(run.plan, run.state).map((c) => (c.kind === 'root' ? c.step : `${c.step}<${c.root}`));
}

function failed(at: number, ...args: ConstructorParameters<typeof Simulation>): Simulation {
  const run = started(...args);
  run.fail(nonzero, { step: at, item: 0 });
  return run;
}

it('a step that failed is a root, what was skipped because of it a consequence, over any number of steps', () => {
  expect(causes(failed(0, plan(step(0), step(1, { dependsOn: [0] }), step(2, { dependsOn: [1] }), step(3))))).toEqual(['s0', 's1<s0', 's2<s0']);
});

it('a container is a consequence of what failed in it', () => {
  const inside = { scope: { step: 1, arm: null } };
  expect(causes(failed(2, plan(branch(0, 1), loop(1, 'forEach', { scope: { step: 0, arm: 0 } }), step(2, inside), step(3, { ...inside, dependsOn: [2] }), step(4, { dependsOn: [0] }))))).toEqual(['s0<s2', 's1<s2', 's2', 's3<s2', 's4<s2']);
});

it('a loop that would not end is a root', () => {
  const run = started(plan(loop(0, 'while', { maxIterations: 1 }), step(1, { scope: { step: 0, arm: null } })), [{ iterations: 5 }]);
  run.succeed(1, 0);
  expect(causes(run)).toEqual(['s0']);
});

it('a step that lacks a value because another failed is a consequence', () => {
  const run = failed(0, plan(step(0, { onFailure: 'continue' }), step(1, { dependsOn: [0] })), [{}, { fails: failure('reference-missing', 'no x') }]);
  expect(causes(run)).toEqual(['s0', 's1<s0']);
});

it('what was skipped by its condition, or not reached, has no cause', () => {
  const run = started(plan(branch(0, 1), step(1, { scope: { step: 0, arm: 0 } })), [{ arm: null }]);
  expect(causes(run)).toEqual([]);
});

it('a failure whose alternative succeeded has no consequences', () => {
  const run = failed(0, plan(step(0, { onFailure: { alternative: 1 } }), step(1, { guard: { step: 0 }, dependsOn: [0] }), step(2, { dependsOn: [0, 1] })));
  run.succeed(1, 0);
  run.fail(nonzero, { step: 2, item: 0 });
  expect(causes(run)).toEqual(['s0', 's2']);
});
