import { Test } from '@nestjs/testing';
import { AutomationModule } from './automation.module.js';
import { SshClient } from './ssh/ssh-client.js';
import { DiskUsage } from './tools/disk-usage.js';
import { RunCommand } from './tools/run-command.js';

it('wires the tools to one SSH client', async () => {
  const module = await Test.createTestingModule({ imports: [AutomationModule] }).compile();
  expect(module.get(RunCommand)).toHaveProperty('ssh', module.get(SshClient));
  expect(module.get(DiskUsage)).toHaveProperty('ssh', module.get(SshClient));
  await module.close();
});
