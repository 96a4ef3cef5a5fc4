import { InvalidMessage, RetryPolicyDto, validate } from '@opsmesh/contracts';
import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import { LIMITS, type MapPolicy } from './plan.js';

const LATER = ['waves', 'rate', 'rateLimit', 'lock', 'pauseMs'];

/** The `map` of a step. */
export function parseMap(value: unknown, pointer: string, findings: Findings): Partial<MapPolicy> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    findings.error('invalid-value', pointer, 'must be an object such as { "concurrency": 20, "failureThreshold": "20%" }');
    return {};
  }
  const policy: { concurrency?: number; failureThreshold?: NonNullable<MapPolicy['failureThreshold']> } = {};
  for (const [key, v] of Object.entries(value)) {
    const at = `${pointer}/${pointerOf(key)}`;
    if (key === 'concurrency') {
      if (Number.isInteger(v) && v >= 1 && v <= LIMITS.items) policy.concurrency = v as number;
      else findings.error('invalid-value', at, `must be a whole number from 1 to ${LIMITS.items}`);
    } else if (key === 'failureThreshold' || key === 'failure_threshold') {
      const threshold = thresholdOf(v);
      if (threshold) policy.failureThreshold = threshold;
      else findings.error('invalid-value', at, 'must be a whole number of items such as 5, or a share such as "20%"');
    } else if (LATER.includes(key)) findings.error('unsupported-option', at, `"${key}" can not be honoured by this version; leave it out`);
    else findings.error('unknown-key', at, `"${key.slice(0, 64)}" means nothing here; there are concurrency and failureThreshold`);
  }
  return policy;
}

function thresholdOf(value: unknown): MapPolicy['failureThreshold'] {
  if (Number.isInteger(value) && (value as number) >= 0) return { count: value as number };
  const percent = typeof value === 'string' ? /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(value)?.[1] : undefined;
  return percent !== undefined && Number(percent) <= 100 ? { percent: Number(percent) } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const BACKOFF = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: true };

/** The `retry` of a step, its backoff filled in. */
export function parseRetry(value: unknown, pointer: string, findings: Findings): RetryPolicyDto | null {
  if (value === undefined || value === null) return null;
  const backoff = isObject(value) ? value['backoff'] ?? {} : undefined;
  if (!isObject(value) || !isObject(backoff)) {
    findings.error('invalid-value', isObject(value) ? `${pointer}/backoff` : pointer, 'must be an object such as { "maxAttempts": 3, "backoff": { "initialMs": 500 } }');
    return null;
  }
  const unknown = [...Object.keys(value).filter((k) => !['maxAttempts', 'backoff'].includes(k)).map((k) => `/${pointerOf(k)}`), ...Object.keys(backoff).filter((k) => !Object.hasOwn(BACKOFF, k)).map((k) => `/backoff/${pointerOf(k)}`)];
  for (const at of unknown) findings.error('unknown-key', `${pointer}${at}`, 'means nothing here; there are maxAttempts, and in backoff initialMs, factor, maxMs and jitter', [{ op: 'remove', path: `${pointer}${at}` }]);
  if (unknown.length > 0) return null;
  try {
    const policy = validate(RetryPolicyDto, { ...value, backoff: { ...BACKOFF, ...backoff } });
    return { ...policy, backoff: { ...BACKOFF, ...policy.backoff } };
  } catch (e) {
    if (!(e instanceof InvalidMessage)) throw e;
    // One word for each place: a value that is missing breaks every rule of it.
    const told = new Map(e.errors.toReversed().map((error) => [error.pointer, error.message]));
    for (const [at, message] of told) findings.error('invalid-value', `${pointer}${at}`, message);
    return null;
  }
}

/** A policy with every default filled in; without one an attempt is made once. */
export function fullRetry(policy: RetryPolicyDto | null | undefined): Required<RetryPolicyDto> {
  return { maxAttempts: policy?.maxAttempts ?? 1, backoff: { ...BACKOFF, ...policy?.backoff } };
}
