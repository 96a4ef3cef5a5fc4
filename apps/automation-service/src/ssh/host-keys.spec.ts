import { hostKeyFingerprint, parseHostKeys } from '@opsmesh/platform';
import { judgeHostKey, orderAlgorithms } from './host-keys.js';

const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS';
const ED2 = 'AAAAC3NzaC1lZDI1NTE5AAAAIJlBMAvKVexXQQlKUMlCkLb6k5QZfAqdHvXbpBxqbS2h';
const host = { names: ['10.0.0.5', 'web-01'], port: 22 };
const bytes = (blob: string) => Buffer.from(blob, 'base64');

describe('judgement', () => {
  const known = parseHostKeys(`ssh-ed25519 ${ED}`, host);
  const revoked = parseHostKeys(`@revoked web-01 ssh-ed25519 ${ED}`, host);

  it.each([
    ['strict', ED, known, true, false], ['strict', ED2, known, false, false], ['strict', ED, [], false, false],
    ['accept-new', ED, [], true, true], ['accept-new', ED, known, true, false], ['accept-new', ED2, known, false, false],
    ['off', ED2, known, true, false], ['off', ED2, [], true, false],
    ['strict', ED, revoked, false, false], ['accept-new', ED, revoked, false, false], ['off', ED, revoked, false, false],
    ['accept-new', ED2, revoked, true, true],
  ] as const)('%s', (...[policy, presented, keys, accept, learned]) => {
    const verdict = judgeHostKey(bytes(presented), keys, policy);
    expect(verdict.accept).toBe(accept);
    if (verdict.accept) expect(verdict.learned).toBe(learned);
    else expect(verdict.reason).toContain(hostKeyFingerprint(bytes(presented)));
  });

  it('asks for the kinds of known keys first', () => {
    expect(orderAlgorithms([])[0]).toBe('ssh-ed25519');
    expect(orderAlgorithms([{ type: 'ssh-rsa', blob: '', revoked: false }]).slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519']);
    expect(orderAlgorithms([{ type: 'ssh-rsa', blob: '', revoked: true }])[0]).toBe('ssh-ed25519');
    expect(orderAlgorithms([])).not.toContain('ssh-rsa');
  });
});
