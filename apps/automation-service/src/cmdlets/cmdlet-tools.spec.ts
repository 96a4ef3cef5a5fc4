import { fits, jsonSchemaOf, validate } from '@opsmesh/contracts';
import { TOOL_METADATA, type ToolCall, type ToolOptions } from '@opsmesh/worker-runtime';
import { FakeWindows } from './fake-windows.fixture.js';
import { CMDLET_TOOLS } from './cmdlet-tools.js';

interface CmdletTool { run(call: ToolCall<object>): Promise<object> }

const NAMES = [
  'Get-Volume', 'Get-Service', 'Get-Process', 'Get-EventLog', 'Get-WinEvent', 'Get-ComputerInfo', 'Get-NetTCPConnection', 'Get-LocalUser', 'Get-HotFix', 'Restart-Service', 'Stop-Process', 'Test-Connection',
];
const tools = CMDLET_TOOLS.map((type) => {
  const options = Reflect.getMetadata(TOOL_METADATA, type.prototype.run as object) as ToolOptions;
  return { name: options.name, type, options };
});

/** CreateProcess takes a command line of 32,767 characters; the data needs some of it too. */
const ENCODED_ROOM = 16_000;

it('are these', () => expect(tools.map((t) => t.name)).toEqual(NAMES));

describe.each(tools)('$name', ({ name, type, options }) => {
  const examples = options.examples ?? [];
  /** The script and data the tool sends for an input. */
  async function sentFor(input: object) {
    const windows = new FakeWindows().results({});
    const tool = new (type as new (cmdlets: unknown) => CmdletTool)(windows.cmdlets);
    await tool.run({ input: validate(options.input, input), context: windows.context() }).catch(() => undefined);
    return windows.sent[0]!;
  }

  it('has examples that are valid inputs', () => {
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(fits(options.input, example)).toBe(true);
  });

  it('declares what it does', () => {
    expect(options).toMatchObject({ credential: { kind: 'winrm', target: '/target_host' }, effect: expect.stringMatching(/^(read|write|destructive)$/) as string, estimate: { durationMs: expect.any(Number) as number } });
    // What only reads may be repeated, what acts may not.
    expect(options.idempotent).toBe(options.effect === 'read');
    expect(options.effect === 'read').toBe(/^(Get|Test)-/.test(name));
  });

  it('names a list of its output, if it gives one', () => {
    const properties = jsonSchemaOf(options.output)['properties'] as Record<string, { type?: string }>;
    if (options.listOutput !== undefined) expect(properties[options.listOutput]?.type).toBe('array');
    else expect(['Get-ComputerInfo', 'Restart-Service']).toContain(name);
  });

  it('sends one constant script, and values only as data', async () => {
    const scripts = await Promise.all(examples.map(sentFor));
    expect(new Set(scripts.map((s) => s.script)).size).toBe(1);
    for (const [i, { script, data }] of scripts.entries()) {
      expect(script.split('\n')[0]).toBe(`# opsmesh:${name}@${options.version}`);
      const { target_host: target, ...rest } = examples[i]!;
      expect(data).toMatchObject(rest);
      expect(script).not.toContain(target as string);
    }
  });

  it('has a script that any code page and command line can hold, and that makes no code of text', async () => {
    const { script } = await sentFor(examples[0]!);
    expect(script).toMatch(/^[\n\x20-\x7e]+$/);
    expect(Buffer.from(script, 'utf16le').toString('base64').length).toBeLessThan(ENCODED_ROOM);
    expect(script).not.toMatch(/Invoke-Expression|\biex\b|\[scriptblock\]::|Add-Type|-EncodedCommand|cmd(\.exe)? \/c/i);
    expect(script).toMatch(/ConvertTo-Json -InputObject \$answer -Depth \d+ -Compress/);
  });
});
