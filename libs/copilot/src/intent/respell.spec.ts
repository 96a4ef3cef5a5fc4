import { respond } from '../conversation/respond.js';
import { NEW_CONVERSATION } from '../conversation/state.js';
import { situationFor } from '../testing/situation.js';
import { respelled } from './respell.js';

it.each([['restrat nginx on web-01', 'restart nginx on web-01'], ['pign web-01', 'ping web-01'], ['shwo disk usage', 'show disk usage'], ['delte web-01', 'delete web-01'], ['restartt nginx', 'restart nginx'], ['restart nginx', undefined], ['ping x', undefined], ['hello there', undefined], ['stop', undefined], ['frobnicate x', undefined]])('%s', (said, meant) => {
  expect(respelled(said)).toBe(meant);
});

it('only suggests what may have been meant', async () => {
  const message = 'restrat nginx on web-01';
  expect(respond(message, NEW_CONVERSATION, await situationFor(message))).toMatchObject({ kind: 'answer', suggestions: ['restart nginx on web-01'], message: expect.stringContaining('nothing was done') });
});
