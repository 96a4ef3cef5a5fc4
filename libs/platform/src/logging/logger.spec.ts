import { createLogger } from './logger.js';

it('takes secrets out by field name, down to the third level', () => {
  let text = '';
  const log = createLogger('spec', { level: 'info', destination: { write: (line) => { text += line; } } });
  log.info({ password: 'hunter2', request: { authorization: 'hunter2', headers: { token: 'hunter2' } }, lease: { sealed: 'hunter2' }, host: 'h' }, 'done');
  expect(text).not.toContain('hunter2');
  expect(JSON.parse(text)).toMatchObject({ name: 'spec', host: 'h', msg: 'done', password: '[redacted]' });
});
