// The workloads, as plans for the product and, of the three of throughput, as shapes for the floor.

const noop = (id, from) => ({ id, tool: 'bench-noop', inputs: from ? { value: `<<steps.${from}.output.value>>` } : { value: 0 } });

/** Names of what {@link workloads} gives. */
export const WORKLOADS = ['fanout', 'chain', 'mixed'];

/** @returns {Record<string, { runs: number, stepsPerRun: number, plan: object, shape: 'fanout' | 'chain' | 'mixed', options: object }>} */
export function workloads({ items = 10_000, chainRuns = 200, chainSteps = 20, mixedRuns = 1000 } = {}) {
  return {
    fanout: { shape: 'fanout', runs: 1, stepsPerRun: items + 1, options: { items }, plan: fanoutPlan(items) },
    chain: { shape: 'chain', runs: chainRuns, stepsPerRun: chainSteps, options: { runs: chainRuns, steps: chainSteps }, plan: chainPlan(chainSteps) },
    mixed: {
      // One first step, two that run side by side, one that joins them, one last.
      shape: 'mixed', runs: mixedRuns, stepsPerRun: 5, options: { runs: mixedRuns },
      plan: {
        name: 'bench mixed',
        steps: [noop('first'), noop('left', 'first'), noop('right', 'first'), { ...noop('join', 'left'), dependsOn: ['right'] }, noop('last', 'join')],
      },
    },
  };
}

/** One step that gives a list, and one over it. */
export const fanoutPlan = (items) => ({
  name: 'bench fanout',
  steps: [
    { id: 'list', tool: 'bench-numbers', inputs: { count: items } },
    { id: 'work', tool: 'bench-noop', forEach: '<<steps.list.output.numbers>>', inputs: { value: '<<item>>' }, map: { concurrency: 2000 } },
  ],
});

/** Steps that each need the one before. */
export const chainPlan = (steps) => ({ name: 'bench chain', steps: Array.from({ length: steps }, (_, i) => noop(`s${i}`, i > 0 ? `s${i - 1}` : undefined)) });

/** For the floor: which steps of a run follow a finished one. `done` counts the run's finished steps. */
export const followers = {
  fanout: (step, done, { items }) => (step === 0 ? Array.from({ length: items }, (_, i) => i + 1) : []),
  chain: (step, done, { steps }) => (step + 1 < steps ? [step + 1] : []),
  mixed: (step, done) => ({ 0: [1, 2], 1: done === 3 ? [3] : [], 2: done === 3 ? [3] : [], 3: [4], 4: [] })[step],
};
