import 'reflect-metadata';
import { TransformationType, type ClassConstructor } from 'class-transformer';
import { getMetadataStorage, ValidationTypes, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import { transformerMetadata } from './transformer-metadata.js';

/*
 * A class is simple when class-transformer does nothing for it but copy, and class-validator nothing but ask its properties' own rules:
 * 1. Each rule is a check or a condition of one property; nothing is nested, and no property may hold a promise or just anything (`@Allow()`).
 * 2. No decorator of class-transformer is on it or on a class that it extends.
 * 3. No property with rules is a method or an accessor, or has a name that every object knows; a new instance has no other
 *    properties, and none that is a function.
 *
 * The checks are the very functions that class-validator would call, with what it would give them. Only finding them is done once for a class:
 * class-validator looks through all classes of the process for each value. So nothing has to be known of a rule, and one that has
 * taken the name of another does no harm. One that answers something else than true (a promise, or no because it does not apply
 * in a case that its options say) leaves the value to class-validator.
 */

type Properties = Record<string, unknown>;

interface Rule {
  readonly validator: ValidatorConstraintInterface;
  readonly constraints: unknown[];
  /** Whether it is about the items of an array; of any other value it is about the value. */
  readonly each: boolean;
}

/** A property with rules. */
interface Field {
  readonly name: string;
  readonly conditions: ((object: object, value: unknown) => unknown)[];
  readonly rules: Rule[];
}

interface SimpleClass {
  readonly name: string;
  readonly names: ReadonlySet<string>;
  readonly fields: readonly Field[];
}

/** `null`: the class is not simple. */
const classes = new WeakMap<object, SimpleClass | null>();

/**
 * The instance that class-transformer and class-validator would make and accept, ten to a hundred times faster.
 * @returns undefined when the class is not simple, the value breaks a rule, or it is more than a plain object of scalars and arrays of scalars:
 * then only they can tell.
 */
export function simpleInstance<T extends object>(type: ClassConstructor<T>, value: object): T | undefined {
  let simple = classes.get(type);
  if (simple === undefined) classes.set(type, simple = simpleClass(type));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (simple === null || (prototype !== Object.prototype && prototype !== null)) return undefined;
  const instance = new type();
  for (const name of Object.keys(value)) {
    const property = (value as Properties)[name];
    if (!simple.names.has(name) || !isFlat(property)) return undefined;
    (instance as Properties)[name] = Array.isArray(property) ? [...property] : property;
  }
  for (const field of simple.fields) {
    if (!holds(field, instance, simple.name)) return undefined;
  }
  return instance;
}

function simpleClass(type: ClassConstructor<object>): SimpleClass | null {
  const storage = getMetadataStorage();
  const fields = new Map<string, Field>();
  for (const { type: kind, propertyName: name, constraints, constraintCls, each } of storage.getTargetValidationMetadatas(type, '', false, false)) {
    if (name in type.prototype) return null;
    let field = fields.get(name);
    if (!field) fields.set(name, field = { name, conditions: [], rules: [] });
    if (kind === ValidationTypes.CONDITIONAL_VALIDATION) {
      field.conditions.push(constraints[0] as Field['conditions'][number]);
    } else if (kind === ValidationTypes.CUSTOM_VALIDATION || kind === ValidationTypes.IS_DEFINED) {
      field.rules.push(...storage.getTargetValidatorConstraints(constraintCls).map(({ instance }) => ({ validator: instance, constraints, each })));
    } else {
      return null;
    }
  }
  const isCovered = Object.entries(new type()).every(([name, value]) => fields.has(name) && typeof value !== 'function');
  return isCovered && isOnlyCopied(type, [...fields.keys()]) ? { name: type.name, names: new Set(fields.keys()), fields: [...fields.values()] } : null;
}

function isOnlyCopied(type: ClassConstructor<object>, names: readonly string[]): boolean {
  return transformerMetadata.getStrategy(type) === 'none'
    && transformerMetadata.getExposedMetadatas(type).length === 0
    && transformerMetadata.getExcludedMetadatas(type).length === 0
    && names.every((name) => !transformerMetadata.findTypeMetadata(type, name) && transformerMetadata.findTransformMetadatas(type, name, TransformationType.PLAIN_TO_CLASS).length === 0);
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function');
}

/** Whether it is a scalar or an array of scalars. An array with holes is none: class-transformer closes them. */
function isFlat(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isScalar) && !value.includes(undefined) : isScalar(value);
}

function holds({ name: property, conditions, rules }: Field, object: object, targetName: string): boolean {
  const value = (object as Properties)[property];
  for (const applies of conditions) {
    if (!applies(object, value)) return true;
  }
  for (const { validator, constraints, each } of rules) {
    const args: ValidationArguments = { targetName, property, object, value, constraints };
    if (!each || isScalar(value)) {
      if (validator.validate(value, args) !== true) return false;
    } else if (!Array.isArray(value) || !value.every((item) => validator.validate(item, args) === true)) {
      return false;
    }
  }
  return true;
}
