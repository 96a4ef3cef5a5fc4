import { Controller, Injectable, Module, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { ProbeDto } from '@opsmesh/contracts';
import { IsOptional, IsString } from 'class-validator';
import { discoverTools } from './tool-registry.js';
import { Tool, type ToolOptions } from './tool.js';

class Input { @IsString() host!: string; @IsOptional() @IsString() command?: string }
class Output { @IsString() text!: string }
const options = (more: Partial<ToolOptions> = {}): ToolOptions => ({ name: 'ping', version: '1.0.0', description: 'd', input: Input, output: Output, effect: 'read', idempotent: true, timeoutMs: 1000, ...more });

function toolClass(name: string, more: Partial<ToolOptions> = {}): Type {
  @Controller()
  class Some { @Tool(options(more)) run() { return { text: '' }; } }
  Object.defineProperty(Some, 'name', { value: name });
  return Some;
}
async function discover(controllers: Type[], providers: Type[] = []) {
  @Module({ controllers, providers }) class Root {}
  const module = await Test.createTestingModule({ imports: [Root] }).compile();
  return discoverTools(module.get(ModulesContainer));
}

const PROBE: ProbeDto = { tool: 'seen', inputs: { host: '/host' }, since: 'command', answer: 'text' };
const SEEN = toolClass('B', { name: 'seen' });
const acting = (probe: ProbeDto): Type => toolClass('A', { effect: 'write', idempotent: false, probe });

it('takes a probe of the same service, or of another', async () => {
  expect((await discover([acting(PROBE), SEEN])).get('ping')!.declaration.probe).toEqual(PROBE);
  expect((await discover([acting({ ...PROBE, tool: 'elsewhere' })])).size).toBe(1);
});

it('finds the tools of all controllers with their schemas', async () => {
  const tools = await discover([toolClass('A'), toolClass('B', { name: 'nmap', examples: [{ host: 'h' }], commands: [{ pointer: '/command', dialect: 'posix-shell' }] })]);
  expect([...tools.keys()]).toEqual(['ping', 'nmap']);
  expect(tools.get('nmap')!.declaration).toMatchObject({ name: 'nmap', examples: [{ host: 'h' }], commands: [{ pointer: '/command', dialect: 'posix-shell' }], inputSchema: { required: ['host'], additionalProperties: false }, outputSchema: { required: ['text'] } });
  expect(tools.get('ping')!.declaration).not.toHaveProperty('input');
});

it.each<[string, () => [Type[], Type[]?], string]>([
  ['a name twice', () => [[toolClass('A'), toolClass('B')]], 'the tool "ping" is declared twice, by A.run and by B.run: rename or remove one'],
  ['no tool', () => [[]], 'the service has no tool: add a class with a @Tool() method to the controllers of its module'],
  ['a bad name', () => [[toolClass('A', { name: 'no good' })]], 'the tool "no good" of A.run is declared badly: ToolDeclarationDto is not valid: /name'],
  ['an example that does not fit', () => [[toolClass('A', { examples: [{ hots: 'x' }] })]], 'the tool "ping" of A.run is declared badly: example 0'],
  ['a target that the input lacks', () => [[toolClass('A', { target: '/hots' })]], 'target points to /hots, which the input does not have'],
  ['a credential target that the input lacks', () => [[toolClass('A', { credential: { kind: 'ssh', target: '/hots' } })]], 'credential.target points to /hots'],
  ['a command that the input lacks', () => [[toolClass('A', { commands: [{ pointer: '/script', dialect: 'powershell' }] })]], 'a command points to /script'],
  ['outputs of a tool that acts as answers', () => [[toolClass('A', { effect: 'write', cacheMs: 1000 })]], 'cacheMs is for a tool that only reads'],
  ['outputs by a credential as answers', () => [[toolClass('A', { credential: { kind: 'ssh', target: '/host' }, cacheMs: 1000 })]], 'takes no credential'],
  ['a probe of a tool that only reads', () => [[toolClass('A', { probe: PROBE })]], 'probe is for a tool that changes something and is not idempotent'],
  ['a probe by an input that is not there', () => [[acting({ ...PROBE, inputs: { host: '/hots' } })]], 'an input of the probe points to /hots'],
  ['a probe by what is no input', () => [[acting({ ...PROBE, inputs: { host: 'host' } })]], 'probe.inputs names inputs of the call'],
  ['a probe that acts itself', () => [[acting(PROBE), toolClass('B', { name: 'seen', effect: 'write' })]], 'its probe "seen" must be read-only and idempotent'],
  ['a probe that takes no such input', () => [[acting({ ...PROBE, since: 'when' }), SEEN]], 'its probe "seen" has no input when'],
  ['a probe that does not answer', () => [[acting({ ...PROBE, answer: 'happened' }), SEEN]], 'its probe "seen" has no output happened'],
  ['a list that the output lacks', () => [[toolClass('A', { listOutput: 'rows' })]], 'listOutput is rows, which the output does not have'],
])('refuses %s and says what to change', async (_what, make, message) => {
  await expect(discover(...make())).rejects.toThrow(message);
});

it('refuses a tool whose class is no controller', async () => {
  @Injectable() class Lost { @Tool(options()) run() { return { text: '' }; } }
  await expect(discover([toolClass('A', { name: 'other' })], [Lost])).rejects.toThrow('Lost has the tool "ping" but is a provider of Root: move it to the module\'s controllers');
});
