import { InvalidMessage, validate } from '@opsmesh/contracts';
import { AssetSearchDto, queryOf } from './asset-search.dto.js';

const mean = (params: object) => queryOf(validate(AssetSearchDto, params));

it('lists come with commas or repeated; one value is meant exactly', () => {
  expect(mean({ tags: 'web, db', hostname: ['a', 'b,c'], status: 'active' })).toEqual({ filters: { tags: ['web', 'db'], hostname: ['a', 'b', 'c'], status: 'active' } });
});

it('all and any of tags can be asked for together', () => {
  expect(mean({ tags_all: 'a' }).filters).toEqual({ tags: { all: ['a'] } });
  expect(mean({ tags_all: 'a,b', tags: 'c' }).filters).toEqual({ tags: { any: ['c'], all: ['a', 'b'] } });
});

it('numbers and booleans are read from text', () => expect(mean({ limit: '5', offset: '2', count_only: 'false', fields: 'hostname', sort: '-os' })).toEqual({ filters: {}, limit: 5, offset: 2, count_only: false, fields: ['hostname'], sort: '-os' }));

it('an empty parameter is nobody, never everybody', () => expect(mean({ hostname: '' }).filters).toEqual({ hostname: [] }));

it.each([{ status: 'x' }, { limit: '1.5' }, { nonsense: '1' }, { count_only: 'yes' }, { ip_address: 'x' }, { hostname: { a: 'b' } }])('refuses %j', (params) => expect(() => mean(params)).toThrow(InvalidMessage));
