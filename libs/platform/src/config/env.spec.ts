import { databaseUrl, processConfig, readConfig, retentionDays, StartError } from '../index.js';

const read = (source: Record<string, string>) => readConfig((env) => ({ ...processConfig(env, { service: 'asset-service', defaultPort: 3002 }), url: databaseUrl(env) }), source);

it('takes defaults, and the port 0', () => {
  const config = read({ DATABASE_URL: 'postgres://a:b@h/db', PORT: '0', LOG_LEVEL: '' });
  expect(config).toMatchObject({ service: 'asset-service', host: '127.0.0.1', port: 0, redisUrl: 'redis://127.0.0.1:6379', auth: 'off', logLevel: 'info', url: 'postgres://a:b@h/db' });
});

it('reports every bad variable at once, with what is expected, and never the value', () => {
  const source = { PORT: '3002x', OPSMESH_AUTH: 'yes', REDIS_URL: 'http://hunter2@h', LOG_LEVEL: 'loud' };
  try { read(source); throw new Error('accepted'); } catch (e) {
    expect(e).toBeInstanceOf(StartError);
    expect((e as Error).message.split('\n').slice(1)).toEqual([
      '  REDIS_URL is not valid: expected a URL that starts with redis:// or rediss://',
      '  OPSMESH_AUTH is not valid: expected one of on, off',
      '  LOG_LEVEL is not valid: expected one of fatal, error, warn, info, debug, trace, silent',
      '  PORT is not valid: expected a whole number from 0 to 65535',
      '  DATABASE_URL is not set: expected a URL that starts with postgres:// or postgresql://',
    ].sort((a, b) => order(a) - order(b)));
  }
});

const ORDER = ['PORT', 'REDIS_URL', 'OPSMESH_AUTH', 'LOG_LEVEL', 'DATABASE_URL'];
const order = (line: string) => ORDER.findIndex((name) => line.includes(name));

it('writes nothing into the environment it read', () => {
  const source = { DATABASE_URL: 'postgres://h/db' };
  read(source);
  expect(source).toEqual({ DATABASE_URL: 'postgres://h/db' });
});

it.each([[undefined, 90], ['7', 7], ['off', null], ['0', null]])('keeps what has ended for the days that are set, or for ever (%s)', (given, days) => {
  expect(readConfig(retentionDays, given === undefined ? {} : { OPSMESH_RETENTION_DAYS: given })).toBe(days);
});

it.each(['-1', '1.5', 'ever', '100000'])('takes %s for no number of days', (given) => {
  expect(() => readConfig(retentionDays, { OPSMESH_RETENTION_DAYS: given })).toThrow('OPSMESH_RETENTION_DAYS is not valid: expected a number of days, at most 99999, or off');
});
