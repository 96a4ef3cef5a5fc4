import { InvalidMessage, RetryPolicyDto, validate, type DiagnosticDto } from '@opsmesh/contracts';
import { checkGate } from './check-gate.js';
import { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import { isBetween, isObject, isTime, TIME } from './parse-values.js';
import { DEFAULT_CONCURRENCY, LIMITS, type AdaptPolicy, type CompiledStep, type MapChange, type MapPolicy, type RatePolicy, type Share } from './plan.js';

/** Other spellings of keys of `map`. */
const SPELLINGS: Readonly<Record<string, keyof MapPolicy>> = { failure_threshold: 'failureThreshold', rateLimit: 'rate', pauseMs: 'wavePauseMs', wave_pause_ms: 'wavePauseMs' };

type MapReader<K extends keyof MapPolicy> = { readonly expected: string; readonly read: (value: unknown) => MapPolicy[K] | undefined };
const READERS: { readonly [K in keyof MapPolicy]-?: MapReader<K> } = {
  concurrency: { expected: `a whole number from 1 to ${LIMITS.items}`, read: (v) => (isBetween(v, 1, LIMITS.items) ? v : undefined) },
  failureThreshold: { expected: 'a whole number of items such as 5, or a share such as "20%"', read: (v) => shareOf(v, 0) },
  waves: { expected: 'a list of numbers of items or shares, growing, such as [1, "10%", "100%"]', read: wavesOf },
  wavePauseMs: { expected: `milliseconds, 0 to ${LIMITS.waitMs}`, read: (v) => (isBetween(v, 0, LIMITS.waitMs) ? v : undefined) },
  lock: { expected: 'true (one attempt at a time for a target) or a key such as "<<item.rack>>"', read: (v) => (v === true || (typeof v === 'string' && v.trim() !== '' && v.length <= 500) ? v : undefined) },
  rate: { expected: 'an object such as { "key": "target", "limit": 10, "perMs": 60000 }, with the key tenant, tool or target', read: rateOf },
};

/** The `map` of a step. */
export function parseMap(value: unknown, pointer: string, findings: Findings): Partial<MapPolicy> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    findings.error('invalid-value', pointer, 'must be an object such as { "concurrency": 20, "failureThreshold": "20%" }');
    return {};
  }
  const policy: Record<string, unknown> = {};
  for (const [written, v] of Object.entries(value)) {
    const at = `${pointer}/${pointerOf(written)}`;
    const key = Object.hasOwn(SPELLINGS, written) ? SPELLINGS[written]! : written;
    if (!Object.hasOwn(READERS, key)) {
      findings.error('unknown-key', at, `"${written.slice(0, 64)}" means nothing here; there are ${Object.keys(READERS).join(', ')}`, [{ op: 'remove', path: at }]);
    } else if (v !== null) {
      const { read, expected } = READERS[key as keyof MapPolicy];
      const found = read(v);
      if (found === undefined) findings.error('invalid-value', at, `must be ${expected}`);
      else policy[key] = found;
    }
  }
  return policy;
}

/** Under which key `map.<part>` stands in a step's `map`, escaped for pointers, where that is another spelling. */
export function spellingsIn(map: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(isObject(map) ? map : {}).filter((k) => Object.hasOwn(SPELLINGS, k)).map((k) => [`map.${SPELLINGS[k]!}`, pointerOf(k)]));
}

/**
 * Reads a change of a running step's policy, as people write it: the keys of `map`, null to take one back. Pointers begin with `/map`.
 * A key for `lock` must not hold references, since nothing is bound any more: true, or null.
 */
export function checkMapChange(step: Pick<CompiledStep, 'id' | 'kind' | 'target'> & { readonly tool?: string }, value: unknown): { readonly change: MapChange | null; readonly diagnostics: DiagnosticDto[] } {
  const findings = new Findings();
  if (step.kind === 'branch' || step.kind === 'loop') findings.error('unsupported-option', '/map', `step "${step.id}" is a ${step.kind}, which has no items`);
  if (!isObject(value)) findings.error('invalid-value', '/map', 'must be an object such as { "concurrency": 20 }');
  const given = isObject(value) ? value : {};
  const change: Record<string, unknown> = parseMap(given, '/map', findings);
  const written = spellingsIn(given);
  if (typeof change['lock'] === 'string') findings.error('invalid-value', '/map/lock', 'must be true or null while the step runs');
  checkGate(change, { kind: step.kind, ...(step.tool === undefined ? {} : { tool: step.tool }), hasTarget: step.target !== null }, { at: (key) => `/map/${written[`map.${key}`] ?? key}`, findings });
  for (const [key, v] of Object.entries(given)) {
    const name = Object.hasOwn(SPELLINGS, key) ? SPELLINGS[key]! : key;
    if (v === null) change[name] = name === 'concurrency' ? DEFAULT_CONCURRENCY : null;
  }
  return { change: findings.failed ? null : change as MapChange, diagnostics: findings.all };
}

/** `5`, or `"20%"`. */
function shareOf(value: unknown, least: number): Share | undefined {
  if (Number.isInteger(value) && (value as number) >= least) return { count: value as number };
  const percent = typeof value === 'string' ? /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(value)?.[1] : undefined;
  return percent !== undefined && Number(percent) <= 100 && Number(percent) >= least / LIMITS.items ? { percent: Number(percent) } : undefined;
}

/** At most 20 waves; among numbers, and among shares, each is more than the one before. */
function wavesOf(value: unknown): readonly Share[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > 20) return undefined;
  const waves = value.map((v) => shareOf(v, 1));
  if (!waves.every((w) => w !== undefined)) return undefined;
  const growing = (sizes: readonly number[]): boolean => sizes.every((n, i) => i === 0 || n > sizes[i - 1]!);
  return growing(waves.flatMap((w) => ('count' in w ? [w.count] : []))) && growing(waves.flatMap((w) => ('percent' in w ? [w.percent] : []))) ? waves : undefined;
}

function rateOf(value: unknown): RatePolicy | undefined {
  if (!isObject(value) || Object.keys(value).some((k) => !['key', 'limit', 'perMs'].includes(k))) return undefined;
  const { key = 'tenant', limit, perMs } = value;
  if ((key !== 'tenant' && key !== 'tool' && key !== 'target') || !isBetween(limit, 1, 1_000_000) || !isBetween(perMs, 1, 86_400_000)) return undefined;
  return { key, limit, perMs };
}

/** What `adapt: true` means. */
const ADAPT_ALL: AdaptPolicy = { concurrency: { failures: 5, of: 10, floor: 1 }, timeoutFactor: 2 };

/** The `adapt` of a step: true, false, or which of its parts. */
export function parseAdapt(value: unknown, pointer: string, findings: Findings): AdaptPolicy | null {
  if (value === undefined || value === null || value === false) return null;
  if (value === true) return ADAPT_ALL;
  const expected = 'must be true, or an object such as { "concurrency": { "failures": 5, "of": 10, "floor": 1 }, "timeoutFactor": 2 }';
  const given: Record<string, unknown> = isObject(value) ? value : { other: value };
  const { concurrency = null, timeoutFactor = null, ...other } = given;
  const smaller = concurrency === true ? ADAPT_ALL.concurrency : concurrency === null || concurrency === false ? null : rule(concurrency);
  const isFactor = timeoutFactor === null || (typeof timeoutFactor === 'number' && timeoutFactor > 1 && timeoutFactor <= 10);
  if (Object.keys(other).length === 0 && smaller !== undefined && isFactor) return { concurrency: smaller, timeoutFactor };
  findings.error('invalid-value', pointer, expected);
  return null;
}

function rule(value: unknown): AdaptPolicy['concurrency'] | undefined {
  if (!isObject(value)) return undefined;
  const { failures = 5, of = 10, floor = 1, ...other } = value;
  return Object.keys(other).length === 0 && isBetween(of, 1, 20) && isBetween(failures, 1, of) && isBetween(floor, 1, LIMITS.items) ? { failures, of, floor } : undefined;
}

/** The `cache` of a step: milliseconds, false, or null when nothing is said. */
export function parseCache(value: unknown, pointer: string, findings: Findings): number | false | null {
  if (value === undefined || value === null) return null;
  if (value === false) return false;
  if (isObject(value) && Object.keys(value).length === 1 && isTime(value['ttlMs'])) return value['ttlMs'];
  findings.error('invalid-value', pointer, `must be false, or an object such as { "ttlMs": 60000 } (${TIME})`);
  return null;
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
