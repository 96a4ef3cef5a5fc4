import type { AssetFacts } from '@opsmesh/copilot';
import { SILENT } from '../testing/rig.js';
import { ServiceFacts } from './inventory-facts.js';

let assets: AssetFacts[]; let asked: string[]; let broken: boolean;
beforeEach(() => {
  assets = [{ hostname: 'web-01', tags: ['web'] }];
  asked = [];
  broken = false;
});
const facts = () => new ServiceFacts({ assetsOf: (tenant) => { asked.push(tenant); return broken ? Promise.reject(new Error('away')) : Promise.resolve(structuredClone(assets)); } }, SILENT);

it('the inventory is read once for several messages, each tenant\'s by itself', async () => {
  const f = facts();
  for (let i = 0; i < 3; i++) expect((await f.lookUp('a', ['web-01'])).assets.get('web-01')!.hostname).toBe('web-01');
  await f.lookUp('b', ['web-01']);
  expect(asked).toEqual(['a', 'b']);
});

it('keeps the same vocabulary as long as nothing changed', async () => {
  const f = facts();
  const [one, two] = [await f.lookUp('a', []), await f.lookUp('a', [])];
  expect(two.vocabulary).toBe(one.vocabulary);
});

it('without the inventory nothing is known, and it is asked again for the next message', async () => {
  broken = true;
  const f = facts();
  expect((await f.lookUp('a', ['web-01'])).known).toBe(false);
  broken = false;
  expect((await f.lookUp('a', ['web-01'])).known).toBe(true);
});
