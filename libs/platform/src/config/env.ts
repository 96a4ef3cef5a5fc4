import { resolve } from 'node:path';
import { StartError } from './start-error.js';

type Source = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process' settings from the environment and never writes there. An empty variable counts as not set.
 * @throws StartError that lists every bad variable with what is expected.
 */
export function readConfig<T>(read: (env: Env) => T, source: Source = process.env): T {
  const env = new Env(source);
  const config = read(env);
  if (env.problems.length > 0) throw new StartError(`bad settings:\n${env.problems.map((p) => `  ${p}`).join('\n')}`);
  return config;
}

/** Typed access to variables. A bad one is noted and a stand-in returned, so that {@link readConfig} can report all of them at once. */
export class Env {
  readonly problems: string[] = [];

  constructor(private readonly source: Source) {}

  /** @param fallback value when the variable is not set; without one the variable is required. */
  text(name: string, fallback?: string): string {
    const value = this.optional(name) ?? fallback;
    return value ?? this.bad(name, 'a text', '');
  }

  optional(name: string): string | undefined {
    const value = this.source[name];
    return value === undefined || value === '' ? undefined : value;
  }

  /** A whole number from `min` to `max`, both included. */
  int(name: string, fallback: number, range: { min: number; max: number }): number {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= range.min && number <= range.max ? number : this.bad(name, `a whole number from ${range.min} to ${range.max}`, fallback);
  }

  /** A whole number of days from 1; null for `off` and `0`. */
  days(name: string, fallback: number | null): number | null {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    if (value === 'off') return null;
    const days = /^\d{1,5}$/.test(value) ? Number(value) : this.bad(name, 'a number of days, at most 99999, or off', 1);
    return days === 0 ? null : days;
  }

  /** A number from 0 to 1, both included. */
  fraction(name: string, fallback: number): number {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const number = /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : NaN;
    return number <= 1 ? number : this.bad(name, 'a number from 0 to 1', fallback);
  }

  /** A TCP port; 0 lets the system choose a free one. */
  port(name: string, fallback: number): number {
    return this.int(name, fallback, { min: 0, max: 65_535 });
  }

  oneOf<const V extends string>(name: string, values: readonly V[], fallback: V): V {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    return values.find((v) => v === value) ?? this.bad(name, `one of ${values.join(', ')}`, fallback);
  }

  /**
   * A URL of one of the given schemes (`http:` with the colon), without a slash at its end. Its value is never repeated: it may hold a password.
   * @param accepted `fallback` is used when the variable is not set; without one the variable is required.
   */
  url(name: string, accepted: { schemes: readonly string[]; fallback?: string }): string {
    const value = this.optional(name) ?? accepted.fallback;
    const expected = `a URL that starts with ${accepted.schemes.map((s) => `${s}//`).join(' or ')}`;
    if (value === undefined || !URL.canParse(value) || !accepted.schemes.includes(new URL(value).protocol)) return this.bad(name, expected, '');
    return value.replace(/\/+$/, '');
  }

  /** An absolute path; a relative one is taken from the current folder. */
  folder(name: string, fallback: string): string {
    return resolve(this.text(name, fallback));
  }

  private bad<T>(name: string, expected: string, standIn: T): T {
    this.problems.push(`${name} ${this.optional(name) === undefined ? 'is not set' : 'is not valid'}: expected ${expected}`);
    return standIn;
  }
}
