import { parseArgs } from 'node:util';
import { ANONYMOUS, createLogger, exitOnUncaught, StartError } from '@opsmesh/platform';
import { isSamePerson } from './approvals/same-person.js';
import { orchestratorConfig } from './config.js';
import { openStore } from './store/open-store.js';
import { SCOPES, TokenStore } from './store/token-store.js';

const USAGE = `usage:
  token create --name NAME [--tenant default] [--actor NAME] [--scopes ${SCOPES.slice(0, 3).join(',')},...|all] [--days 30]
  token list
  token revoke ID
scopes: ${SCOPES.join(', ')}`;

const DAY_SECONDS = 86_400;

const log = createLogger('token', { level: 'warn' });
exitOnUncaught(log);
const { values, positionals: [command, id] } = parse();
const database = await openStore(orchestratorConfig(), log);
const tokens = new TokenStore(database.pool);
try {
  await run();
} finally {
  await database.close();
}

async function run(): Promise<void> {
  switch (command) {
    case 'create': {
      const name = values.name ?? usage('a token needs --name');
      const scopes = values.scopes === 'all' ? [...SCOPES] : values.scopes.split(',');
      const wrong = scopes.find((s) => !(SCOPES as readonly string[]).includes(s));
      if (wrong !== undefined) usage(`there is no scope "${wrong}"`);
      const days = Number(values.days);
      if (!Number.isInteger(days) || days < 1 || days > 3650) usage('--days is a whole number from 1 to 3650');
      const actorId = values.actor ?? name;
      if (isSamePerson(actorId, ANONYMOUS.actorId)) usage(`"${ANONYMOUS.actorId}" is everybody where authentication is off: name another --actor`);
      const made = await tokens.create({ name, tenantId: values.tenant, actorId, scopes, lifeSeconds: days * DAY_SECONDS });
      process.stderr.write(`token ${made.id} for tenant ${values.tenant}, until ${made.expiresAt.toISOString()}; it is shown only now:\n`);
      process.stdout.write(`${made.token}\n`);
      return;
    }
    case 'list':
      for (const t of await tokens.list()) {
        process.stdout.write(`${t.id}  ${t.name}  tenant=${t.tenantId}  actor=${t.actorId}  ${t.scopes.join(',')}  ${t.revokedAt ? `revoked ${t.revokedAt.toISOString()}` : `until ${t.expiresAt.toISOString()}`}\n`);
      }
      return;
    case 'revoke':
      if (!id || !/^[0-9a-f-]{36}$/.test(id)) usage('give the id of a token, as `token list` shows it');
      if (!await tokens.revoke(id)) throw new StartError(`no token ${id} that is not revoked already`);
      process.stderr.write(`token ${id} is revoked; services forget it within 10 s\n`);
      return;
    default:
      usage(command === undefined ? 'say what to do' : `there is no command "${command}"`);
  }
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { name: { type: 'string' }, tenant: { type: 'string', default: 'default' }, actor: { type: 'string' }, scopes: { type: 'string', default: 'runs:read,runs:write,tools:read' }, days: { type: 'string', default: '30' } },
    });
  } catch (e) {
    return usage((e as Error).message);
  }
}

function usage(problem: string): never {
  throw new StartError(`${problem}\n${USAGE}`);
}
