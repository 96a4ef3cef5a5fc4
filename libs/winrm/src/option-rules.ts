/** Longest delay that a timer of Node takes, in ms; a longer one would fire at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** What an option must be. @throws TypeError for another kind of value, RangeError for one out of range; the message has the option's name, never its value. */
export type Rule = (name: string, value: unknown) => void;

/** One rule for each member. */
export type RulesOf<T> = { readonly [Name in keyof Required<T>]: Rule };

/** Left out, or undefined. */
export const optional = (rule: Rule): Rule => (name, value) => {
  if (value !== undefined) rule(name, value);
};

export const anything: Rule = () => undefined;

export const text: Rule = (name, value) => {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string`);
};

export const filledText: Rule = (name, value) => {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a string that is not empty`);
};

export const texts: Rule = (name, value) => {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) throw new TypeError(`${name} must be an array of strings`);
};

export const flag: Rule = (name, value) => {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
};

export const callback: Rule = (name, value) => {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function`);
};

export const abortSignal: Rule = (name, value) => {
  if (!(value instanceof AbortSignal)) throw new TypeError(`${name} must be an AbortSignal`);
};

export const oneOf = (...choices: readonly string[]): Rule => (name, value) => {
  if (!choices.includes(value as string)) throw new TypeError(`${name} must be one of ${choices.join(', ')}`);
};

/** Infinity is an integer here where `most` is Infinity. */
export const integer = (least: number, most: number): Rule => (name, value) => {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  if ((Number.isInteger(value) || value === most) && value >= least && value <= most) return;
  throw new RangeError(`${name} must be an integer ${most === Infinity ? `of ${least} or more, or Infinity` : `from ${least} to ${most}`}`);
};

/** A time in ms up to `most`; Infinity only where `most` is Infinity. */
export const milliseconds = (most: number): Rule => (name, value) => {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of milliseconds`);
  if (value >= 0 && value <= most) return;
  throw new RangeError(`${name} must be ${most === Infinity ? '0 ms or more' : `from 0 to ${most} ms`}`);
};

/** An object whose members keep `rules`; others are not looked at. */
export const object = <T extends object>(rules: RulesOf<T>): Rule => (name, value) => {
  if (!isObject(value)) throw new TypeError(`${name} must be an object`);
  checkMembers(value, rules, `${name}.`);
};

/** The members of an object that is there, each by its rule. */
export function checkMembers(value: object, rules: Readonly<Record<string, Rule>>, prefix = ''): void {
  for (const [name, rule] of Object.entries(rules)) rule(prefix + name, (value as Readonly<Record<string, unknown>>)[name]);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
