import { redisConnection } from './connection.js';

it.each([
  ['redis://h', { host: 'h', port: 6379, db: 0 }],
  ['redis://u:p%40ss@h:7000/3', { host: 'h', port: 7000, db: 3, username: 'u', password: 'p@ss' }],
  ['rediss://:p@h', { host: 'h', port: 6379, db: 0, password: 'p', tls: { servername: 'h' } }],
  ['redis://[::1]:7000', { host: '::1', port: 7000, db: 0 }],
])('%s', (url, expected) => expect(redisConnection(url)).toEqual({ ...expected, retryStrategy: expect.any(Function) as unknown }));

it('a server that was away for long is asked every second', () => {
  const { retryStrategy } = redisConnection('redis://h');
  expect([1, 10, 20, 1000].map(retryStrategy)).toEqual([50, 500, 1000, 1000]);
});
