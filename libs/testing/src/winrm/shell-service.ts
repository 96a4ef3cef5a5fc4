import { randomUUID } from 'node:crypto';
import { RunningCommand, type CommandEnd, type CommandRecord, type Program } from './running-command.js';
import { faults } from './wsman-fault.js';

export interface ShellQuotas {
  /** MaxShellsPerUser; 30 by default, as on Windows. */
  readonly maxShells: number;
  /** MaxConcurrentOperationsPerUser; 1500 by default, as on Windows. */
  readonly maxOperations: number;
}

/** What a shell was created with. */
export interface ShellSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
}

interface Shell {
  readonly id: string;
  readonly owner: string;
  readonly settings: ShellSettings;
  readonly commands: Map<string, RunningCommand>;
}

/** The shells of a host. A shell belongs to who created it, not to a connection. */
export class ShellService {
  /** Everything that ever ran, in the order it was started. */
  readonly records: CommandRecord[] = [];
  private readonly shells = new Map<string, Shell>();
  private nextPid = 5000;

  constructor(private readonly quotas: ShellQuotas) {}

  get openShells(): number {
    return this.shells.size;
  }

  /** Commands that run now. */
  get running(): readonly CommandRecord[] {
    return this.records.filter((r) => r.end === undefined);
  }

  /** @throws WsmanFault when the owner has too many */
  create(owner: string, settings: ShellSettings): string {
    const own = [...this.shells.values()].filter((s) => s.owner === owner).length;
    if (own >= this.quotas.maxShells) throw faults.shellQuota(this.quotas.maxShells);
    const id = randomUUID().toUpperCase();
    this.shells.set(id, { id, owner, settings, commands: new Map() });
    return id;
  }

  /** @throws WsmanFault when there is no such shell */
  settings(owner: string, shellId: string): ShellSettings {
    return this.find(owner, shellId).settings;
  }

  /** @throws WsmanFault when there is no such shell */
  start(owner: string, shellId: string, { commandId, line, program }: { readonly commandId: string | undefined; readonly line: string; readonly program: Program }): string {
    const shell = this.find(owner, shellId);
    const own = [...this.shells.values()].filter((s) => s.owner === owner).reduce((n, s) => n + s.commands.size, 0);
    if (own >= this.quotas.maxOperations) throw faults.operationQuota(this.quotas.maxOperations);
    const id = commandId ?? randomUUID().toUpperCase();
    const record: CommandRecord = { commandId: id, shellId, line, script: undefined, pid: this.nextPid += 4, startedAt: Date.now(), endedAt: undefined, end: undefined, exitCode: undefined };
    const command = new RunningCommand(record);
    this.records.push(record);
    shell.commands.set(id, command);
    command.run(program);
    return id;
  }

  /** @throws WsmanFault when there is no such shell or command */
  command(owner: string, shellId: string, commandId: string): RunningCommand {
    const command = this.find(owner, shellId).commands.get(commandId);
    if (!command) throw faults.commandNotFound(commandId);
    return command;
  }

  /** Ends the command and forgets it. */
  terminate(owner: string, shellId: string, commandId: string): void {
    this.command(owner, shellId, commandId).stop('terminated');
    this.find(owner, shellId).commands.delete(commandId);
  }

  /** Ends the shell with its commands. */
  delete(owner: string, shellId: string): void {
    this.close(this.find(owner, shellId), 'shell-deleted');
  }

  /** Ends all shells, as a restart of the service does. */
  closeAll(end: Exclude<CommandEnd, 'exited'>): void {
    for (const shell of [...this.shells.values()]) this.close(shell, end);
  }

  private close(shell: Shell, end: Exclude<CommandEnd, 'exited'>): void {
    for (const command of shell.commands.values()) command.stop(end);
    this.shells.delete(shell.id);
  }

  private find(owner: string, shellId: string): Shell {
    const shell = this.shells.get(shellId);
    if (!shell || shell.owner !== owner) throw faults.shellNotFound(shellId);
    return shell;
  }
}
