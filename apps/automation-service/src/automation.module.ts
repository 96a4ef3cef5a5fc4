import { Module } from '@nestjs/common';
import { CMDLET_TOOLS } from './cmdlets/cmdlet-tools.js';
import { Cmdlets } from './cmdlets/cmdlets.js';
import { SshClient } from './ssh/ssh-client.js';
import { sshSettings } from './ssh/ssh-settings.js';
import { DiskUsage } from './tools/disk-usage.js';
import { LogSearch } from './tools/log-search.js';
import { ProcessList } from './tools/process-list.js';
import { RestartService } from './tools/restart-service.js';
import { RunCommand } from './tools/run-command.js';
import { RunPowerShell } from './tools/run-powershell.js';
import { RunScript } from './tools/run-script.js';
import { SCRIPT_RUNNERS } from './tools/script-runner.js';
import { ServiceStatus } from './tools/service-status.js';
import { SshScriptRunner } from './tools/ssh-script-runner.js';
import { SystemInfo } from './tools/system-info.js';
import { PowerShellClient } from './winrm/powershell-client.js';
import { WindowsScriptRunner } from './winrm/windows-script-runner.js';

@Module({
  controllers: [RunCommand, RunScript, DiskUsage, ServiceStatus, ProcessList, SystemInfo, LogSearch, RestartService, RunPowerShell, ...CMDLET_TOOLS],
  providers: [
    { provide: SshClient, useFactory: () => new SshClient(sshSettings()) },
    { provide: PowerShellClient, useFactory: () => new PowerShellClient() },
    Cmdlets,
    SshScriptRunner,
    WindowsScriptRunner,
    { provide: SCRIPT_RUNNERS, useFactory: (...runners: unknown[]) => runners, inject: [SshScriptRunner, WindowsScriptRunner] },
  ],
})
export class AutomationModule {}
