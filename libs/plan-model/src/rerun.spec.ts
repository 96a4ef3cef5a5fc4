import { rerunFrom } from './rerun.js';
import { plan, step } from './testing/plans.js';
import { Simulation } from './testing/simulation.js';

it('takes over what does not depend on the step, and waits for the rest', () => {
  const p = plan(step(0), step(1, { dependsOn: [0] }), step(2), step(3, { dependsOn: [1] }));
  const run = new Simulation(p);
  run.apply({ type: 'started' });
  run.succeed(0, 0);
  run.succeed(1, 0);
  run.succeed(2, 0);
  run.succeed(3, 0);
  const { state, taken } = rerunFrom(p, run.state, 1);
  expect(taken).toEqual([0, 2]);
  expect(state.steps.map((s) => s.status)).toEqual(['succeeded', 'waiting', 'succeeded', 'waiting']);
  expect(state).toMatchObject({ status: 'running', seq: 0 });
});

it('a re-run starts with the chosen step and ends like any run', () => {
  const p = plan(step(0), step(1, { dependsOn: [0] }));
  const first = new Simulation(p);
  first.apply({ type: 'started' });
  first.succeed(0, 0);
  first.apply({ type: 'cancel' });
  const second = new Simulation(p);
  second.state = rerunFrom(p, first.state, 1).state;
  second.apply({ type: 'started' });
  expect(second.sent).toEqual([{ step: 1, item: 0, attempt: 1 }]);
  second.succeed(1, 0);
  expect(second.state.status).toBe('completed');
});
