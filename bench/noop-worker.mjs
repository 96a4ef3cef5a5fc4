// A worker process whose tools do nothing, or wait: what is measured is the product around them.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { startWorker, Tool } from '@opsmesh/worker-runtime';
import { IsArray, IsInt, IsNumber, IsOptional, Max, Min } from 'class-validator';

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
class WaitInput {}
field(WaitInput, 'ms', IsInt(), Min(0), Max(60_000));
/** `begunAt`: milliseconds since 1970. */
class WaitOutput {}
field(WaitOutput, 'begunAt', IsInt());
field(WaitOutput, 'tookMs', IsNumber());

class BenchTools {
  noop({ input }) { return { value: (input.value ?? 0) + 1 }; }
  numbers({ input }) { return { numbers: Array.from({ length: input.count }, (_, i) => i) }; }
  async wait({ input }) {
    const begunAt = Date.now();
    const begun = performance.now();
    await pause(input.ms);
    return { begunAt, tookMs: performance.now() - begun };
  }
}
const tool = (method, options) => Tool({ version: '1.0.0', effect: 'read', idempotent: true, timeoutMs: 60_000, ...options })(BenchTools.prototype, method, Object.getOwnPropertyDescriptor(BenchTools.prototype, method));
tool('noop', { name: 'bench-noop', description: 'Does nothing and adds one.', input: NoopInput, output: NoopOutput });
tool('numbers', { name: 'bench-numbers', description: 'Gives a list of numbers.', input: NumbersInput, output: NumbersOutput, listOutput: 'numbers' });
tool('wait', { name: 'bench-wait', description: 'Waits so many milliseconds.', input: WaitInput, output: WaitOutput });
Controller()(BenchTools);

class BenchModule {}
Module({ controllers: [BenchTools] })(BenchModule);

await startWorker({ service: 'bench-service', module: BenchModule, defaultPort: 0 });
