import { needsClaim, needsGrant, UNCLAIMED_MS } from './tool.js';

const credential = { kind: 'ssh', target: '/host' };

it.each([
  ['a quick read', { effect: 'read', timeoutMs: UNCLAIMED_MS }, { claim: false, grant: false }],
  ['a read that may take long', { effect: 'read', timeoutMs: UNCLAIMED_MS + 1 }, { claim: true, grant: false }],
  ['a read with a credential', { effect: 'read', timeoutMs: 1000, credential }, { claim: true, grant: true }],
  ['a change', { effect: 'write', timeoutMs: 1000 }, { claim: true, grant: true }],
] as const)('%s', (_what, tool, needs) => {
  expect({ claim: needsClaim(tool), grant: needsGrant(tool) }).toEqual(needs);
});
