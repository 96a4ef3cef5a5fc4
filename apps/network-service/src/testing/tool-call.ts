import { fakeToolContext } from '@opsmesh/worker-runtime';

/** A call as the worker runtime makes it; `context.news` is the progress told so far. */
export function toolCall<I extends object>(input: I, signal?: AbortSignal): { input: I; context: ReturnType<typeof fakeToolContext> } {
  return { input, context: fakeToolContext(signal ? { signal } : {}) };
}
