import { waitFor } from './wait-for.js';

it('gives what the condition gives, also 0 and the empty text', async () => {
  let n = 0;
  expect(await waitFor(() => (++n > 2 ? 'there' : undefined), { what: 'it', everyMs: 1 })).toBe('there');
  expect(await waitFor(() => 0, { what: 'a number' })).toBe(0);
  expect(await waitFor(() => '', { what: 'a text' })).toBe('');
});

it('says what it waited for, and why it was not there', async () => {
  const error = await waitFor(() => { throw new Error('no luck'); }, { what: 'the moon', timeoutMs: 20, everyMs: 5 }).catch((e: unknown) => e as Error);
  expect(error).toMatchObject({ message: 'waited 20 ms in vain for the moon', cause: { message: 'no luck' } });
});
