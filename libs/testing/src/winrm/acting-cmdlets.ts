import { CmdletError, flagOf, numberOf, same, textOf, type CmdletData } from './cmdlet-error.js';
import type { CommandIo } from './running-command.js';
import type { SimulatedService, WindowsState } from './windows-state.js';

export interface ActingHost {
  readonly state: WindowsState;
  /** `DOMAIN\\user` of the caller. */
  readonly user: string;
  readonly io: CommandIo;
  /** Writes one line into the side-effect ledger. */
  ledger(argument: string): void;
}

type Act = (host: ActingHost, data: CmdletData) => Promise<object>;

/** Time a simulated change or echo request takes, in milliseconds. */
const MOMENT_MS = 20;

/** What the cmdlets do that change the host or need time: by name. Each change is one line in the ledger, written when it happens. */
export const ACTING_CMDLETS: Readonly<Record<string, Act>> = {
  'Restart-Service': async ({ state, io, ledger }, data) => {
    const name = textOf(data, 'name') ?? '';
    const force = flagOf(data, 'force') === true;
    const service = state.services.find((s) => same(s.name, name));
    if (!service) throw new CmdletError('ObjectNotFound', 'NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand', `Cannot find any service with service name '${name}'.`);
    const users = state.services.filter((s) => service.dependents.includes(s.name) && s.status !== 'Stopped');
    if (!force && users.length > 0) throw new CmdletError('ResourceBusy', 'Refused', `services that run depend on it: ${users.map((s) => s.name).join(', ')}`);
    const previous = service.status;
    const failed = (what: string) => new CmdletError('CloseError', 'CouldNotStopService,Microsoft.PowerShell.Commands.RestartServiceCommand', `Service '${service.displayName} (${service.name})' cannot be ${what}.`, true);
    if (previous !== 'Stopped' && !service.canStop) throw failed('stopped');
    if (service.startType === 'Disabled') throw failed('started');
    for (const s of [...users, service]) Object.assign(s, { status: 'Stopped', pid: undefined });
    await io.sleep(MOMENT_MS);
    for (const s of [service, ...users]) started(s, state);
    ledger(`Restart-Service ${service.name}`);
    return { name: service.name, display_name: service.displayName, previous_status: previous, status: service.status };
  },
  'Stop-Process': async ({ state, io, ledger }, data) => {
    const id = numberOf(data, 'id');
    const name = textOf(data, 'name');
    const known = state.processes.filter((p) => (id === undefined ? same(p.name, name ?? '') : p.id === id));
    const asked = id === undefined ? `the name "${name ?? ''}"` : `the process identifier ${id}`;
    if (known.length === 0) throw new CmdletError('ObjectNotFound', `NoProcessFoundForGiven${id === undefined ? 'Name' : 'Id'},Microsoft.PowerShell.Commands.GetProcessCommand`, `Cannot find a process with ${asked}.`);
    const found = known.filter((p) => name === undefined || same(p.name, name));
    if (found.length === 0) throw new CmdletError('ObjectNotFound', 'Refused', 'the process with this id has another name');
    if (found.some((p) => p.id <= 4)) throw new CmdletError('PermissionDenied', 'Refused', 'the system and the process that serves this call are not stopped');
    await io.sleep(MOMENT_MS);
    for (const p of found) {
      state.processes.splice(state.processes.indexOf(p), 1);
      ledger(`Stop-Process ${p.name} ${p.id}`);
    }
    for (const s of state.services) if (found.some((p) => p.id === s.pid)) Object.assign(s, { status: 'Stopped', pid: undefined });
    return { processes: found.map((p) => ({ id: p.id, name: p.name, stopped: true })) };
  },
  'store-script': ({ state, user }, data) => {
    const file = storedFile(user, data);
    state.files[file] = textOf(data, 'script') ?? '';
    return Promise.resolve({ file });
  },
  'remove-script': ({ state, user }, data) => {
    delete state.files[storedFile(user, data)];
    return Promise.resolve({ removed: true });
  },
  'Test-Connection': async ({ state, io }, data) => {
    const destination = textOf(data, 'destination') ?? '';
    const time = state.reachable[destination.toLowerCase()];
    const replies = [];
    for (let sequence = 1; sequence <= (numberOf(data, 'count') ?? 1); sequence++) {
      await io.sleep(MOMENT_MS);
      replies.push(time === undefined
        ? { sequence, status: 'Failed', address: null, time_ms: null, detail: `Testing connection to computer '${destination}' failed: Error due to lack of resources` }
        : { sequence, status: 'Success', address: destination, time_ms: time, detail: null });
    }
    return { destination, sent: replies.length, received: time === undefined ? 0 : replies.length, average_ms: time ?? null, replies };
  },
};

function started(service: SimulatedService, state: WindowsState): void {
  const pid = Math.max(...state.processes.map((p) => p.id), ...state.services.map((s) => s.pid ?? 0)) + 4;
  Object.assign(service, { status: 'Running', pid });
}

/** Where `store-script` puts a script: a folder of the user's own. */
function storedFile(user: string, data: CmdletData): string {
  return `C:\\Users\\${user.split('\\').at(-1)!}\\AppData\\Local\\Temp\\opsmesh-${textOf(data, 'nonce') ?? ''}\\script.ps1`;
}
