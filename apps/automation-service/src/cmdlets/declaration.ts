/** What the tools declare that only read from a Windows host. */
export const READS = {
  effect: 'read',
  idempotent: true,
  credential: { kind: 'winrm', target: '/target_host' },
  timeoutMs: 60_000,
  retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
} as const;

/** What the tools declare that change something on a Windows host, where a second time is not the same as once. */
export const ACTS = {
  idempotent: false,
  credential: { kind: 'winrm', target: '/target_host' },
  timeoutMs: 120_000,
} as const;
