import { Module } from '@nestjs/common';
import { SshClient } from './ssh/ssh-client.js';
import { DiskUsage } from './tools/disk-usage.js';
import { RunCommand } from './tools/run-command.js';

@Module({
  controllers: [RunCommand, DiskUsage],
  providers: [{ provide: SshClient, useFactory: () => new SshClient() }],
})
export class AutomationModule {}
