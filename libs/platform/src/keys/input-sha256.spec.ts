import { inputSha256 } from './input-sha256.js';

it('is the SHA-256 of the canonical JSON, in whatever order the members were written', () => {
  // printf '{"command":"id","host":"web1"}' | sha256sum
  expect(inputSha256({ host: 'web1', command: 'id' })).toBe('707570df22e0354d0048140de67256d0b5a4a82e3c65555de5f66558e83e46a2');
});

it.each([[{ host: 'web2', command: 'id' }], [{ host: 'web1' }], [{ host: 'web1', command: 'id', sudo: null }]])('another input is another digest: %j', (input) => {
  expect(inputSha256(input)).not.toBe(inputSha256({ host: 'web1', command: 'id' }));
});
