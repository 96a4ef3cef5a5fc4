import { ToolFailure } from '@opsmesh/contracts';
import { createLogger } from '@opsmesh/platform';
import type { ToolContext } from './tool.js';

/** The context of a call for specs of tools: an attempt of the default tenant that is not aborted, without credential, with a minute of time. */
export function fakeToolContext(overrides: Partial<ToolContext> = {}): ToolContext & { readonly news: { percent?: number; message?: string }[] } {
  const news: { percent?: number; message?: string }[] = [];
  const runId = '00000000-0000-7000-8000-000000000000';
  return {
    attempt: { id: `${runId}.step.0.1`, runId, stepId: 'step', item: 0, number: 1 },
    tenantId: 'default',
    actorId: 'anonymous',
    signal: new AbortController().signal,
    deadline: performance.now() + 60_000,
    progress: (one) => { news.push(one); },
    credential: () => Promise.reject(new ToolFailure('credential-unavailable', 'the spec gives no credential')),
    assertGrant: () => Promise.resolve(),
    log: createLogger('spec', { level: 'silent' }),
    ...overrides,
    news,
  };
}
