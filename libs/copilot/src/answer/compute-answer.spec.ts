import { computeAnswer } from './compute-answer.js';

const assets = (list: object[], total = list.length, truncated = false) => ({ assets: { output: { assets: list, asset_count: list.length, total, truncated } } });

it('counts by what the inventory says, not by what was asked', () => {
  expect(computeAnswer({ kind: 'count', step: 'assets', subject: 'production assets' }, assets([], 7))).toMatchObject({ sentence: '7 assets match: production assets.', figures: { total: 7 } });
});

it('gives a field of each asset that was found, or says that there is none', () => {
  const value = { kind: 'value', step: 'assets', subject: 'web-01', field: 'ip_address' } as const;
  expect(computeAnswer(value, assets([{ hostname: 'web-01', ip_address: '10.0.0.1' }])).sentence).toBe('IP address of web-01: 10.0.0.1.');
  expect(computeAnswer(value, assets([{ hostname: 'web-01' }])).sentence).toBe('IP address of web-01: not set.');
  expect(computeAnswer(value, assets([])).sentence).toBe('The inventory has no such asset: web-01.');
});

it('counts groups, a host with two tags in both', () => {
  expect(computeAnswer({ kind: 'groups', step: 'assets', subject: 'all assets', by: 'tags' }, assets([{ tags: ['a', 'b'] }, { tags: ['a'] }, {}])).figures).toEqual({ a: 2, b: 1, 'not set': 1 });
});

it('gives a row for each row of an output, failed hosts first with their reason', () => {
  const answer = computeAnswer({ kind: 'table', step: 'v', subject: 'volumes', rows: 'volumes', columns: [{ title: 'drive', path: 'drive_letter' }, { title: 'size', path: 'size_bytes', unit: 'bytes' }] }, {
    v: { items: [
      { target: 'a', status: 'succeeded', output: { volumes: [{ drive_letter: 'C', size_bytes: 5 }, { drive_letter: 'D', size_bytes: 6 }] } },
      { target: 'b', status: 'failed', output: null, failure: { code: 'unreachable', message: 'no\u202E way' } },
      { target: 'c', status: 'succeeded', output: { volumes: [], drive_letter: 'of the question' } },
    ] },
  });
  expect(answer.sentence).toBe('volumes: 2 of 3 succeeded; the others say why.');
  expect(answer.rows).toEqual([
    { item: 1, target: 'b', status: 'failed', reason: 'unreachable: no⟨U+202E⟩ way', cells: [null, null] },
    { item: 0, target: 'a', status: 'succeeded', reason: null, cells: ['C', 5] }, { item: 0, target: 'a', status: 'succeeded', reason: null, cells: ['D', 6] },
    { item: 2, target: 'c', status: 'succeeded', reason: null, cells: [null, null] },
  ]);
});

it('calls a host by the name its output tells, where the call had only its address', () => {
  const items = [{ target: '10.0.0.5', status: 'succeeded', output: { host: 'web-1', address: '10.0.0.5', ports: [{ port: 22 }, { port: 80 }] } }, { target: '10.0.0.6', status: 'failed', output: null, failure: { code: 'unreachable', message: 'no' } }];
  const { rows } = computeAnswer({ kind: 'table', step: 'p', subject: 'ports', rows: 'ports', columns: [{ title: 'port', path: 'port' }] }, { p: { items } });
  expect(rows.map((r) => [r.target, ...r.cells])).toEqual([['10.0.0.6', null], ['web-1', 22], ['web-1', 80]]);
});

it('gives of a list in a row what is asked of each, and of those that are meant', () => {
  const ports = [{ port: 22, state: 'open' }, { port: 23, state: 'closed' }, { port: 80, state: 'open' }];
  const cells = (output: object): unknown => computeAnswer({ kind: 'table', step: 's', subject: 'scan', columns: [{ title: 'open ports', path: 'ports', each: { path: 'port', where: { state: 'open' } } }] }, { s: { output } }).rows[0]?.cells;
  expect([cells({ ports }), cells({ ports: [] }), cells({})]).toEqual([[[22, 80]], [[]], [null]]);
});

it('says that nothing was done where no host was meant, and that there is no result where there is none', () => {
  expect(computeAnswer({ kind: 'outcome', step: 'r', subject: 'restart' }, { r: { items: [] } }).sentence).toBe('No host is meant by it: nothing was done (restart).');
  expect(computeAnswer({ kind: 'outcome', step: 'r', subject: 'restart' }, {}).sentence).toBe('There is no result for restart.');
});

it('calls a host as its output does, else by the name that was given with its address, else as it was called', () => {
  const failed = { status: 'failed', failure: { code: 'unreachable', message: 'no' } };
  const inputs = { host_name: 'web-01' };
  const items = [{ target: '10.0.0.1', ...failed }, { target: '10.0.0.1', inputs, ...failed }, { target: '10.0.0.1', inputs, status: 'succeeded', output: { host: 'db-01' } }, { target: null, status: 'succeeded', output: { host: '' } }];
  expect(computeAnswer({ kind: 'outcome', step: 's', subject: 'ping' }, { s: { items } }).rows.map((r) => r.target)).toEqual(['10.0.0.1', 'web-01', 'db-01', null]);
});

it('reads no property that an output inherits', () => {
  expect(computeAnswer({ kind: 'table', step: 's', subject: 'x', columns: [{ title: 'c', path: 'constructor.name' }] }, { s: { output: {} } }).rows[0]?.cells).toEqual([null]);
});
