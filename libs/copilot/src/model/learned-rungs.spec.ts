import { LearnedRungs, LOWERED_MS, UNREADABLE_IN_A_ROW } from './learned-rungs.js';

const E = 'http://x m';
const unreadable = { began: 'json-schema', worked: 'tool', refused: false } as const;
const fine = { began: 'json-schema', worked: 'json-schema', refused: false } as const;

function learned() {
  let time = 0;
  const rungs = new LearnedRungs(() => time);
  return { rungs, after: (ms: number) => { time += ms; } };
}

it('begins at the top, and stays there after answers that could not be read now and then', () => {
  const { rungs } = learned();
  expect(rungs.first(E)).toBe('json-schema');
  for (let i = 0; i < 10; i++) {
    for (let n = 1; n < UNREADABLE_IN_A_ROW; n++) rungs.learn(E, unreadable);
    rungs.learn(E, fine);
    expect(rungs.first(E)).toBe('json-schema');
  }
});

it('goes down after so many unreadable answers in a row', () => {
  const { rungs } = learned();
  for (let n = 0; n < UNREADABLE_IN_A_ROW; n++) rungs.learn(E, unreadable);
  expect(rungs.first(E)).toBe('tool');
  expect(rungs.first('another')).toBe('json-schema');
});

it('goes down at once where the endpoint refuses the shape', () => {
  const { rungs } = learned();
  rungs.learn(E, { began: 'json-schema', worked: 'json-object', refused: true });
  expect(rungs.first(E)).toBe('json-object');
});

it('goes further down from where it is, and an answer there changes nothing', () => {
  const { rungs } = learned();
  rungs.learn(E, { began: 'json-schema', worked: 'tool', refused: true });
  rungs.learn(E, { began: 'tool', worked: 'tool', refused: false });
  expect(rungs.first(E)).toBe('tool');
  rungs.learn(E, { began: 'tool', worked: 'text', refused: true });
  expect(rungs.first(E)).toBe('text');
});

it('tries the top again after a while, goes down again where it is refused, and stays where it works', () => {
  const { rungs, after } = learned();
  rungs.learn(E, { began: 'json-schema', worked: 'text', refused: true });
  after(LOWERED_MS - 1);
  expect(rungs.first(E)).toBe('text');
  after(1);
  expect(rungs.first(E)).toBe('json-schema');
  rungs.learn(E, { began: 'json-schema', worked: 'text', refused: true });
  expect(rungs.first(E)).toBe('text');
  after(LOWERED_MS);
  rungs.learn(E, fine);
  expect(rungs.first(E)).toBe('json-schema');
});
