import { Exclude, Expose, plainToInstance, Transform, Type, type ClassConstructor } from 'class-transformer';
import {
  Allow, ArrayMaxSize, IsArray, IsBoolean, IsDefined, IsEnum, IsIn, IsInt, IsISO8601, IsNotEmpty, IsNumber, IsObject, IsOptional, IsString, Length, Matches, Max, MaxLength, Min, MinLength,
  ValidateBy, ValidateIf, ValidateNested, ValidatePromise, validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { InvalidMessage, validate } from './index.js';
import { simpleInstance } from './simple-class.js';

/** What class-transformer and class-validator say; undefined when they refuse the value. */
function slowly(type: ClassConstructor<object>, value: object): object | undefined {
  const instance = plainToInstance(type, value);
  return validateSync(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false }).length === 0 ? instance : undefined;
}

function accepted(type: ClassConstructor<object>, value: object): object | undefined {
  try {
    return validate(type, value);
  } catch (error) {
    if (error instanceof InvalidMessage) return undefined;
    throw error;
  }
}

class Target {
  @IsString() @MinLength(1) @MaxLength(253) host!: string;
  @IsOptional() @IsInt() @Min(1) @Max(10) count?: number;
}

describe('an instance of a simple class', () => {
  it('is of its class, with the properties in the order of the value', () => {
    const made = simpleInstance(Target, { count: 3, host: 'a' });
    expect(made).toBeInstanceOf(Target);
    expect(Object.entries(made!)).toEqual([['count', 3], ['host', 'a']]);
  });

  it('has what its constructor sets, unless the value says otherwise', () => {
    class Port { @IsInt() port = 22; }
    expect(simpleInstance(Port, {})).toEqual({ port: 22 });
    expect(simpleInstance(Port, { port: 2222 })).toEqual({ port: 2222 });
    expect(simpleInstance(Port, { port: undefined })).toBeUndefined();
  });

  it('obeys the rules of the class that it extends', () => {
    class Wide extends Target { @IsBoolean() wide!: boolean; }
    expect(simpleInstance(Wide, { host: 'a', wide: true })).toBeInstanceOf(Wide);
    expect(simpleInstance(Wide, { host: '', wide: true })).toBeUndefined();
  });

  it('has arrays of its own', () => {
    class Ports { @IsArray() @ArrayMaxSize(2) @IsInt({ each: true }) ports!: number[]; }
    const value = { ports: [22, 80] };
    const made = simpleInstance(Ports, value);
    expect(made).toEqual(value);
    expect(made!.ports).not.toBe(value.ports);
    expect(simpleInstance(Ports, { ports: [22, '80'] })).toBeUndefined();
  });

  it('obeys a rule that has the name of another', () => {
    class Odd { @ValidateBy({ name: 'isInt', validator: { validate: (value) => value === 'odd' } }) odd!: string; }
    expect(simpleInstance(Odd, { odd: 1 })).toBeUndefined();
    expect(simpleInstance(Odd, { odd: 'odd' })).toBeInstanceOf(Odd);
  });

  it('obeys a condition on another property', () => {
    class Either { @IsBoolean() named!: boolean; @ValidateIf((either: Either) => either.named) @IsString() name?: string; }
    expect(simpleInstance(Either, { named: false })).toBeInstanceOf(Either);
    expect(simpleInstance(Either, { named: true })).toBeUndefined();
  });
});

describe('only the slow way can tell', () => {
  class Inner { @IsInt() a!: number; }
  class Nested { @ValidateNested() @Type(() => Inner) inner!: Inner; }
  class Typed { @IsString() @Type(() => String) text!: string; }
  class HeirOfTyped extends Typed { @IsOptional() @IsInt() more?: number; }
  class Transformed { @IsString() @Transform(({ value }) => String(value).trim()) text!: string; }
  class Exposed { @IsString() @Expose({ name: 'TEXT' }) text!: string; }
  class AlwaysExposed { @IsOptional() @IsString() @Expose() text?: string; }
  class Excluded { @IsOptional() @IsString() @Exclude() text?: string; }
  @Exclude() class AllExcluded { @IsOptional() @IsString() text?: string; }
  class Method { @IsOptional() @IsString() text?: string; }
  Object.defineProperty(Method.prototype, 'text', { value: () => 'x', configurable: true });
  class Accessor { @IsString() get text(): string { return 'x'; } }
  const say = () => 'x';
  class Callable { @IsOptional() text: unknown = say; }
  class Unruled { @IsString() text!: string; note = ''; }
  class Sometimes { @IsString({ validateIf: () => false }) text!: string; }
  class Later { @ValidateBy({ name: 'later', async: true, validator: { validate: () => Promise.resolve(false) } }) text!: string; }
  class Promised { @IsString() @ValidatePromise() text!: string; }
  class Anything { @Allow() text!: string; }

  it.each([
    ['nested classes', Nested, { inner: { a: 1 } }],
    ['a type', Typed, { text: 'x' }],
    ['an inherited type', HeirOfTyped, { text: 'x' }],
    ['a transformation', Transformed, { text: ' x ' }],
    ['another name', Exposed, { TEXT: 'x' }],
    ['a property that is always set', AlwaysExposed, {}],
    ['an excluded property', Excluded, { text: 'x' }],
    ['an excluded class', AllExcluded, { text: 'x' }],
    ['a method', Method, { text: 'x' }],
    ['an accessor', Accessor, { text: 'y' }],
    ['a function in a new instance', Callable, { text: 'x' }],
    ['a property without rules', Unruled, { text: 'x' }],
    ['a condition of a rule', Sometimes, { text: 1 }],
    ['an asynchronous rule', Later, { text: 'x' }],
    ['a promise', Promised, { text: 'x' }],
    ['a property that may be anything', Anything, { text: 'x' }],
  ] as [string, ClassConstructor<object>, object][])('of a class with %s', (_what, type, value) => {
    expect(simpleInstance(type, value)).toBeUndefined();
    expect(accepted(type, value)).toStrictEqual(slowly(type, value));
  });

  class Bag { @IsOptional() @IsObject() bag?: object; @IsOptional() @IsArray() list?: unknown[]; }
  it.each([
    ['an object', { bag: { a: 1 } }],
    ['objects in an array', { list: [{ a: 1 }] }],
    ['arrays in an array', { list: [[1]] }],
    ['an array with a hole', { list: [1, , 2] }],
    ['a date', { bag: new Date(0) }],
    ['a function', { bag: () => undefined }],
    ['a key __proto__', JSON.parse('{"__proto__": {"bag": 1}}') as object],
    ['a key constructor', { constructor: 1 }],
    ['a class of its own', new Bag()],
    ['entries', new Map([['list', []]])],
  ])('of a value with %s', (_what, value) => {
    expect(simpleInstance(Bag, value)).toBeUndefined();
    expect(accepted(Bag, value)).toStrictEqual(slowly(Bag, value));
  });
});

describe('both ways agree', () => {
  enum Colour { Red = 'red', Seven = 7 }
  const rules: Record<string, PropertyDecorator> = {
    optional: IsOptional(), defined: IsDefined(), int: IsInt(), number: IsNumber(), string: IsString(), boolean: IsBoolean(), in: IsIn(['a', '', 1, null]), enum: IsEnum(Colour),
    min: Min(0), max: Max(1e6), notEmpty: IsNotEmpty(), minLength: MinLength(2), maxLength: MaxLength(2), length: Length(1, 3), matches: Matches(/^.{1,2}$/), matchesUnicode: Matches(/^.{1,2}$/u),
    time: IsISO8601(), array: IsArray(), size: ArrayMaxSize(2), ints: IsInt({ each: true }), short: MaxLength(2, { each: true }), unlessNull: ValidateIf((_, value) => value !== null),
  };
  const names = ['a', 'b', 'then', 'length', '7'];
  const field = fc.record({ name: fc.constantFrom(...names), rules: fc.uniqueArray(fc.constantFrom(...Object.keys(rules)), { minLength: 1, maxLength: 4 }) });
  const fields = fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 3 });
  const scalar = fc.oneof(
    fc.constantFrom<unknown>(NaN, -0, 0, 1, 1.0, 1.5, 7, 1e308, Infinity, -1, '', 'a', 'red', 'ab', 'abc', '\u2764\ufe0f', '\u2764\ufe0f\u2764\ufe0f', '\ufe0f', '😀', '😀😀', '\ud83d', 'x\ude00', '\n', true, false, null, undefined, 7n),
    fc.string({ unit: 'binary', maxLength: 4 }), fc.integer(), fc.double(),
  );
  const flat = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar.filter((v) => v !== undefined), { maxLength: 3 }) });
  const deep = fc.constantFrom<unknown>({}, { a: 1 }, [[]], [{}], new Date(0), new Map([['a', 1]]), new Set([1]), () => 1, JSON.parse('{"__proto__":{"a":1}}'));
  const extra = fc.constantFrom('__proto__', 'constructor', 'toString', 'c');

  function classOf(own: readonly { name: string; rules: string[] }[], parent: ClassConstructor<object>, defaults: object): ClassConstructor<object> {
    const made = class extends parent { constructor() { super(); Object.assign(this, defaults); } };
    for (const f of own) for (const rule of f.rules) rules[rule]!(made.prototype, f.name);
    return made;
  }
  const made = fc.tuple(fields, fields, fc.dictionary(fc.constantFrom('a', 'b'), flat, { maxKeys: 1 })).map(([inherited, own, defaults]) => {
    const known = new Set([...inherited, ...own].map(({ name }) => name));
    const kept = Object.fromEntries(Object.entries(defaults).filter(([name]) => known.has(name)));
    return { type: classOf(own, classOf(inherited, Object, {}), kept), known: [...known] };
  });
  /** Own properties, whatever their names; as JSON.parse makes them. */
  const withKeys = (entries: readonly (readonly [string, unknown])[]): object => {
    const value = {};
    for (const [key, property] of entries) Object.defineProperty(value, key, { value: property, enumerable: true, configurable: true, writable: true });
    return value;
  };

  it('of every value and class', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(fc.property(made, fc.array(fc.record(Object.fromEntries(names.map((name) => [name, flat])), { requiredKeys: [] }), { minLength: 10, maxLength: 30 }), ({ type, known }, values) => {
      for (const value of values) {
        const flatValue = withKeys(Object.entries(value).filter(([name]) => known.includes(name)));
        const expected = slowly(type, flatValue);
        seen[expected ? 'accepted' : 'refused'] += 1;
        // The quick way answers for all that is flat: otherwise the spec would compare the slow way with itself.
        const actual = simpleInstance(type, flatValue);
        expect(actual).toStrictEqual(expected);
        if (actual) expect([Object.getPrototypeOf(actual), Object.keys(actual)]).toEqual([type.prototype, Object.keys(expected!)]);
      }
    }), { numRuns: 150 });
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
  });

  it('of hostile keys and values', () => {
    fc.assert(fc.property(made, fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), extra), fc.oneof(flat, deep)), { maxLength: 4 }), ({ type }, entries) => {
      const value = withKeys(entries);
      expect(accepted(type, value)).toStrictEqual(slowly(type, value));
    }), { numRuns: 300 });
  });
});
