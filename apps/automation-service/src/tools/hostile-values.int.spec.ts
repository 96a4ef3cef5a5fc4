import { InvalidMessage, ToolFailure, validate, type Credential } from '@opsmesh/contracts';
import { startFleet, type Fleet } from '@opsmesh/testing';
import { fakeToolContext, type ToolContext } from '@opsmesh/worker-runtime';
import type { ClassConstructor } from 'class-transformer';
import { SshClient } from '../ssh/ssh-client.js';
import { DiskUsage, DiskUsageInput } from './disk-usage.js';
import { LogSearch, LogSearchInput } from './log-search.js';
import { ProcessList, ProcessListInput } from './process-list.js';
import { RestartService, RestartServiceInput } from './restart-service.js';
import { RunCommandInput } from './run-command.dto.js';
import { RunCommand } from './run-command.js';
import { RunScriptInput } from './run-script.dto.js';
import { RunScript } from './run-script.js';
import { ServiceStatus, ServiceStatusInput } from './service-status.js';
import { SshScriptRunner } from './ssh-script-runner.js';

/** Every text input of every tool for Linux hosts takes every hostile value as text, or refuses it; what got through would be in the ledger of the fleet. */

const CANARY = 'ledger canary';
/** Texts that a shell, an option parser or a scanner would take for more than text. */
const HOSTILE = [
  `$(${CANARY})`, `\`${CANARY}\``, `; ${CANARY}`, `| ${CANARY}`, `&& ${CANARY}`, ...['\'', '\u2018', '\u2019', '\u201a', '\u201b', '"'].map((quote) => `${quote}; ${CANARY}; ${quote}`),
  `a\n${CANARY}`, `a\r\n${CANARY}`, '%PATH%', `-oProxyCommand=${CANARY}`, '-iL /etc/passwd', '10.0.0.1-5', '10.0.0.1,2', '--', '-', '*', '$HOME', '\\',
] as const;
/** Texts that no shell can be given. */
const IMPOSSIBLE = [`a\0${CANARY}`, 'a\ud800b', '\udc00'] as const;

let fleet: Fleet;
let ssh: SshClient;
beforeAll(async () => {
  fleet = await startFleet({ hosts: [{ hostname: 'db-01', address: '127.0.2.91', port: 0, username: 'ops', password: 'hostile-pa55word' }] });
  ssh = new SshClient();
});
afterAll(async () => {
  ssh.pool.close();
  await fleet.stop();
});

function context(): ToolContext {
  const { address, port, hostKey } = fleet.host('db-01');
  return fakeToolContext({
    deadline: performance.now() + 20_000, connection: { assetId: 'a1', hostname: 'db-01', address, protocol: 'ssh', port, credentialId: 'c1', hostKey },
    credential: () => Promise.resolve<Credential>({ kind: 'ssh', username: 'ops', password: 'hostile-pa55word' }),
  });
}

/** What a call gives, or the failure it is refused with. */
function caller<I extends object>(type: ClassConstructor<I>, tool: () => { run(call: { input: I; context: ToolContext }): Promise<object> }, more: object = {}) {
  return async (fields: object): Promise<object> => {
    try {
      return await tool().run({ input: validate(type, { target_host: 'db-01', ...more, ...fields }), context: context() });
    } catch (error) {
      if (error instanceof ToolFailure || error instanceof InvalidMessage) return error;
      throw error;
    }
  };
}

const runScript = caller(RunScriptInput, () => new RunScript([new SshScriptRunner(ssh)]), { script: 'printf "%s" "$1$V"; cat' });
const runCommand = caller(RunCommandInput, () => new RunCommand(ssh), { command: 'printf "%s" "$V"; cat' });
const logs = caller(LogSearchInput, () => new LogSearch(ssh));

/** Each text input, and the value that reaches it. */
const INPUTS: Readonly<Record<string, (value: string) => Promise<object>>> = {
  'run-command: stdin': (stdin) => runCommand({ stdin }),
  'run-command: env': (V) => runCommand({ env: { V } }),
  'run-command: name of a variable': (name) => runCommand({ env: { [name]: 'x' } }),
  'run-command: cwd': (cwd) => runCommand({ cwd: `nowhere/${cwd}` }),
  'run-command: sudo': (user) => runCommand({ sudo: { user } }),
  'run-script: args': (arg) => runScript({ args: [arg] }),
  'run-script: stdin': (stdin) => runScript({ stdin }),
  'run-script: env': (V) => runScript({ env: { V } }),
  'run-script: cwd': (cwd) => runScript({ cwd: `nowhere/${cwd}` }),
  'run-script: interpreter': (interpreter) => runScript({ interpreter }),
  'disk-usage: path': (path) => caller(DiskUsageInput, () => new DiskUsage(ssh))({ path: `/${path}` }),
  'log-search: pattern': (pattern) => logs({ pattern }),
  'log-search: regular expression': (pattern) => logs({ pattern, match: 'regex' }),
  'log-search: path': (path) => logs({ path: `/${path}` }),
  'log-search: unit': (unit) => logs({ unit }),
  'log-search: since': (since) => logs({ since }),
  'service-status: service': (service) => caller(ServiceStatusInput, () => new ServiceStatus(ssh))({ service }),
  'restart-service: service': (service) => caller(RestartServiceInput, () => new RestartService(ssh))({ service }),
  'process-list: name': (name) => caller(ProcessListInput, () => new ProcessList(ssh))({ name }),
  'process-list: user': (user) => caller(ProcessListInput, () => new ProcessList(ssh))({ user }),
};
/** Inputs whose value the host prints again: it must be the same text. */
const ECHOED = ['run-command: stdin', 'run-command: env', 'run-script: args', 'run-script: stdin', 'run-script: env'];
/** Inputs that go into no command: compared here, or read by the command as they are. */
const NO_COMMAND = ['process-list: name', 'process-list: user', 'run-command: stdin', 'run-script: stdin'];

describe.each(Object.entries(INPUTS))('%s', (name, call) => {
  afterAll(async () => expect(await fleet.readLedger()).toEqual([]));

  it('a hostile value is text, or refused', async () => {
    const got = await Promise.all(HOSTILE.map(call));
    if (ECHOED.includes(name)) expect(got).toEqual(HOSTILE.map((stdout) => expect.objectContaining({ stdout }) as object));
  });

  it('NUL and half characters are refused', async () => {
    if (NO_COMMAND.includes(name)) return;
    const got = await Promise.all(IMPOSSIBLE.map(call));
    expect(got.map((g) => (g instanceof ToolFailure ? g.failure.code : g instanceof InvalidMessage ? 'input-invalid' : g))).toEqual(IMPOSSIBLE.map(() => 'input-invalid'));
  });
});
