import { SECRET_FIELDS } from '@opsmesh/contracts';
import { createLogger } from './logger.js';

it('takes secrets out by field name, down to the third level', () => {
  let text = '';
  const log = createLogger('spec', { level: 'info', destination: { write: (line) => { text += line; } } });
  log.info({ password: 'hunter2', request: { authorization: 'hunter2', headers: { token: 'hunter2' } }, lease: { sealed: 'hunter2' }, host: 'h' }, 'done');
  expect(text).not.toContain('hunter2');
  expect(JSON.parse(text)).toMatchObject({ name: 'spec', host: 'h', msg: 'done', password: '[redacted]' });
});

it.each([...SECRET_FIELDS, 'grant', 'sealed'])('takes out %s at each level', (field) => {
  let text = '';
  const log = createLogger('spec', { level: 'info', destination: { write: (line) => { text += line; } } });
  const secret = { [field]: 'hunter2' };
  log.info({ ...secret, a: { ...secret, b: secret } }, 'done');
  expect(JSON.parse(text)).toMatchObject({ [field]: '[redacted]', a: { [field]: '[redacted]', b: { [field]: '[redacted]' } } });
});

it('writes of an error what is plain, not the objects that libraries hang on it', () => {
  let text = '';
  const log = createLogger('spec', { level: 'info', destination: { write: (line) => { text += line; } } });
  const lost = Object.assign(new Error('connection lost', { cause: new Error('reset by peer') }), { code: '57P01', client: { statements: { s: 'select 1' } }, headers: { cookie: 'c' } });
  log.warn({ err: new AggregateError([lost], 'all failed') }, 'oh');
  const { err } = JSON.parse(text) as { err: { message: string; errors: Record<string, unknown>[] } };
  expect(err.message).toBe('all failed');
  expect(err.errors[0]).toEqual({ type: 'Error', message: expect.stringContaining('connection lost') as string, stack: expect.stringContaining('reset by peer') as string, code: '57P01' });
});
