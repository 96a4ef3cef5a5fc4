import { PgDialect } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { assetConditions, likeText } from './asset-conditions.js';
import type { AssetFiltersDto } from './asset-filters.dto.js';

const render = (query: { filters?: object; search?: string }) => new PgDialect().sqlToQuery(assetConditions('t1', query as { filters?: AssetFiltersDto; search?: string }));

it('the tenant is always asked for', () => {
  expect(render({})).toMatchObject({ sql: '"assets"."assets"."tenant_id" = $1', params: ['t1'] });
});

it('no value ever becomes part of the statement', () => {
  const marked = fc.string({ minLength: 1 }).map((s) => `@@${s}`);
  const filters = fc.record({ hostname: fc.oneof(marked, fc.array(marked), fc.record({ prefix: marked, contains: marked, not: marked, in: fc.array(marked) })), tags: fc.oneof(marked, fc.record({ all: fc.array(marked), none: fc.array(marked) })), os: marked, attributes: fc.constant({ 'a.b': '@@x' }) }, { requiredKeys: [] });
  fc.assert(fc.property(filters, fc.option(marked, { nil: undefined }), (given, search) => {
    expect(render({ filters: given, ...(search === undefined ? {} : { search }) }).sql).not.toContain('@@');
  }));
});

it('a list is one parameter, so that any number of values gives the same statement', () => {
  const one = render({ filters: { hostname: ['a'], tags: ['x'], port: [1] } });
  const many = render({ filters: { hostname: ['a', 'B'], tags: ['x', 'Y'], port: [1, 2] } });
  expect(many.sql).toBe(one.sql);
  expect(many.params).toEqual(['t1', ['a', 'b'], ['x', 'y'], [1, 2]]);
});

it('a member that is undefined or null asks for nothing', () => expect(render({ filters: { os: undefined, tags: null } }).sql).toBe(render({}).sql));

it('a path of attributes becomes the document that must be contained', () => {
  expect(render({ filters: { attributes: { 'rack.row': [3, 4], 'a': null } } }).params).toEqual(['t1', '{"rack":{"row":3}}', '{"rack":{"row":4}}', '{"a":null}']);
});

it('the words of a search are parameters of their own, in lower case', () => expect(render({ search: ' Web  50% ' }).params).toEqual(['t1', '%web%', '%50\\%%']));

it('signs of LIKE stand for themselves', () => expect(likeText('a%b_c\\d')).toBe('a\\%b\\_c\\\\d'));

it.each([['ip_address', '1.2.3'], ['ip_address', ['10.0.0.1', '::1%eth0']], ['attributes', { '': 1 }], ['attributes', { 'a.b.c.d.e.f.g.h.i': 1 }], ['attributes', { a: '\ud800' }], ['created_at', { before: '2026-02-40' }]])('%s: %j is refused', (name, value) => {
  expect(() => render({ filters: { [name]: value } })).toThrow(expect.objectContaining({ name: 'InventoryError', code: 'invalid' }) as Error);
});
