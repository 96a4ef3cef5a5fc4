// A worker process whose tools do nothing: what is measured is the product around them.
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { startWorker, Tool } from '@opsmesh/worker-runtime';
import { IsArray, IsInt, IsOptional, Max, Min } from 'class-validator';

/** Decorators applied by hand: this file is run as it is. */
const field = (type, name, ...decorators) => { for (const d of decorators) d(type.prototype, name); };

class NoopInput {}
field(NoopInput, 'value', IsOptional(), IsInt());
class NoopOutput {}
field(NoopOutput, 'value', IsInt());
class NumbersInput {}
field(NumbersInput, 'count', IsInt(), Min(0), Max(100_000));
class NumbersOutput {}
field(NumbersOutput, 'numbers', IsArray());

class BenchTools {
  noop({ input }) { return { value: (input.value ?? 0) + 1 }; }
  numbers({ input }) { return { numbers: Array.from({ length: input.count }, (_, i) => i) }; }
}
const tool = (method, options) => Tool({ version: '1.0.0', effect: 'read', idempotent: true, timeoutMs: 60_000, ...options })(BenchTools.prototype, method, Object.getOwnPropertyDescriptor(BenchTools.prototype, method));
tool('noop', { name: 'bench-noop', description: 'Does nothing and adds one.', input: NoopInput, output: NoopOutput });
tool('numbers', { name: 'bench-numbers', description: 'Gives a list of numbers.', input: NumbersInput, output: NumbersOutput, listOutput: 'numbers' });
Controller()(BenchTools);

class BenchModule {}
Module({ controllers: [BenchTools] })(BenchModule);

await startWorker({ service: 'bench-service', module: BenchModule, defaultPort: 0 });
