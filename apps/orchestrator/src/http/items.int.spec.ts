import type { ItemLogView, RunView } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';
import { fanOut } from '../testing/documents.js';
import { problemOf, publishFailure, publishSuccess, useLive, type Answer, type LiveOrchestrator } from '../testing/live.js';

let redis: Redis; let api: LiveOrchestrator;
useLive((rig) => { ({ redis, api } = rig); });

describe('items', () => {
  let run: RunView;
  beforeAll(async () => {
    run = await api.started(fanOut('probe', 5));
    await Promise.all([0, 1, 2, 3, 4].map((item) => publishSuccess(redis, run, { step: 'each', item, output: item === 1 ? { text: '=cmd()', size: 3 } : { text: `a "${item}", b\nc` } })));
    await api.ended(run.id);
  });

  it('page with every cursor', async () => {
    const first = await api.items(run.id, 'each', '?limit=3&sort=-index');
    const second = await api.items(run.id, 'each', `?limit=3&sort=-index&cursor=${first.next}`);
    expect([...first.items, ...second.items].map((i) => i.index)).toEqual([4, 3, 2, 1, 0]);
    expect(problemOf(await api.ask('GET', `/runs/${run.id}/steps/each/items?cursor=x`))).toMatchObject({ status: 422, code: 'bad-cursor' });
    expect(problemOf(await api.ask('GET', `/runs/${run.id}/steps/each/items?sort=size`))).toMatchObject({ status: 422, code: 'invalid-query' });
    expect(problemOf(await api.ask('GET', `/runs/${run.id}/steps/other/items`))).toMatchObject({ status: 404, code: 'step-not-found' });
  });

  it('come as CSV to who accepts it', async () => {
    const answer = await api.ask('GET', `/runs/${run.id}/steps/each/items?limit=2`, { headers: { accept: 'text/csv' } });
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(answer.text.split('\r\n').slice(0, 3)).toEqual([
      'index,target,status,attempt,durationMs,cached,failureCode,failureMessage,output.text,output.size', '0,host-0,succeeded,1,3,false,,,"a ""0"", b\nc",', "1,host-1,succeeded,1,3,false,,,'=cmd(),3",
    ]);
    expect(answer.headers.get('link')).toMatch(/rel="next"/);
    expect((await api.ask('GET', `/runs/${run.id}/steps/each/items`, { headers: { accept: '*/*' } })).headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('of a page in CSV lead to the next one with the same query', async () => {
    const seen: string[] = [];
    for (let path: string | undefined = `/runs/${run.id}/steps/each/items?limit=2&sort=-index`; path;) {
      const answer: Answer = await api.ask('GET', path, { headers: { accept: 'text/csv' } });
      seen.push(...answer.text.split('\r\n').slice(1).map((l) => /^(\d),host/.exec(l)?.[1]).filter((i) => i !== undefined));
      const next = /<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
      path = next && new URL(next, api.url + path).href.slice(api.url.length);
    }
    expect(seen).toEqual(['4', '3', '2', '1', '0']);
  });
});

it.each([['change', 'nonzero-exit', false], ['probe', 'nonzero-exit', true], ['change', 'unreachable', true]] as const)('of %s that failed with %s say whether that is tried again: %s', async (tool, code, retryable) => {
  const run = await api.started(fanOut(tool, 1));
  await publishFailure(redis, run, { step: 'each', code });
  const { steps: [step] } = await api.ended(run.id);
  const log = (await api.ask('GET', `/runs/${run.id}/steps/each/items/0`)).json<ItemLogView>();
  expect([step!.failure, (await api.items(run.id, 'each')).items[0]!.failure, log.attempts[0]!.failure].map((f) => [f!.code, f!.retryable])).toEqual(Array(3).fill([code, retryable]));
});
