import { Test } from '@nestjs/testing';
import { AutomationModule } from './automation.module.js';
import { CMDLET_TOOLS } from './cmdlets/cmdlet-tools.js';
import { Cmdlets } from './cmdlets/cmdlets.js';
import { SshClient } from './ssh/ssh-client.js';
import { DiskUsage } from './tools/disk-usage.js';
import { RunCommand } from './tools/run-command.js';
import { RunPowerShell } from './tools/run-powershell.js';
import { SCRIPT_RUNNERS, type ScriptRunner } from './tools/script-runner.js';
import { PowerShellClient } from './winrm/powershell-client.js';

it('wires the tools to one SSH client', async () => {
  const module = await Test.createTestingModule({ imports: [AutomationModule] }).compile();
  expect(module.get(RunCommand)).toHaveProperty('ssh', module.get(SshClient));
  expect(module.get(DiskUsage)).toHaveProperty('ssh', module.get(SshClient));
  await module.close();
});

it('wires the tools for Windows to one PowerShell client, and run-script to both protocols', async () => {
  const module = await Test.createTestingModule({ imports: [AutomationModule] }).compile();
  expect(module.get(Cmdlets)).toHaveProperty('powershell', module.get(PowerShellClient));
  expect(module.get(RunPowerShell)).toHaveProperty('powershell', module.get(PowerShellClient));
  for (const tool of CMDLET_TOOLS) expect(module.get<object>(tool)).toHaveProperty('cmdlets', module.get(Cmdlets));
  expect(module.get<ScriptRunner[]>(SCRIPT_RUNNERS).map((r) => r.protocol)).toEqual(['ssh', 'winrm']);
  await module.close();
});
