import { levelsOf, strategyOf, type Graph } from './dependencies.js';

const levels = (graph: Graph) => {
  const sorted = levelsOf(graph);
  return 'levels' in sorted ? sorted.levels : `cycle ${sorted.cycle.join(' ')}`;
};

it.each<[string, Graph, readonly number[] | string, string]>([
  ['nothing', [], [], 'SERIAL'], ['one', [[]], [0], 'SERIAL'], ['two beside each other', [[], []], [0, 0], 'PARALLEL'], ['a chain backwards', [[1], [2], []], [2, 1, 0], 'SERIAL'], ['a diamond', [[], [0], [0], [1, 2]], [0, 1, 1, 2], 'DAG'],
  ['a long and a short way', [[], [0], [1], [0, 2]], [0, 1, 2, 3], 'SERIAL'], ['a chain and one beside it', [[], [0], []], [0, 1, 0], 'DAG'],
])('%s', (_what, graph, expected, strategy) => {
  expect(levels(graph)).toEqual(expected);
  expect(strategyOf(graph, levels(graph) as number[])).toBe(strategy);
});

it.each<[string, Graph, string]>([['itself', [[0]], 'cycle 0'], ['two', [[1], [0]], 'cycle 0 1'], ['a cycle behind a way to it', [[1], [2], [3], [1]], 'cycle 1 2 3'], ['a cycle that nothing leads to', [[], [2], [1]], 'cycle 1 2']])('a cycle is told without what only leads to it: %s', (_what, graph, cycle) => {
  expect(levels(graph)).toBe(cycle);
});

it('twenty thousand steps in a row do not end the call stack', () => {
  const n = 20_000;
  expect((levels(Array.from({ length: n }, (_, i) => (i + 1 < n ? [i + 1] : []))) as number[])[0]).toBe(n - 1);
});
