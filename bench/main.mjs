// npm run bench -- [command] [options]: figures of the product, each beside what it is to be compared with, in one run on one machine. `help` lists the commands.
import { orUsage, readOptions } from '../tools/options.mjs';
import { machine } from './machine.mjs';
import { WORKLOADS } from './workloads.mjs';

const NUMBERS = { items: {}, runs: {}, steps: {}, rounds: {} };

const throughput = (what) => async (options) => (await import('./throughput.mjs')).throughput({ what, ...options });

/** Each takes its options and `say`, which tells figures as they come, and gives its figures by name. */
const COMMANDS = {
  all: { does: 'fanout, chain and mixed, each with its floor and with BullMQ\'s own flows as the peer', takes: ['items', 'steps', 'rounds', 'profile'], run: throughput(WORKLOADS) },
  fanout: { does: 'one step over a list', takes: ['items', 'rounds', 'profile'], run: throughput(['fanout']) },
  chain: { does: 'runs of steps that each need the one before', takes: ['runs', 'steps', 'rounds', 'profile'], run: throughput(['chain']) },
  mixed: { does: 'runs of five steps with two branches', takes: ['runs', 'rounds', 'profile'], run: throughput(['mixed']) },
  floor: { does: 'the floor alone', takes: ['items', 'steps', 'rounds'], run: async (options) => (await import('./throughput.mjs')).floorAlone(options) },
  overhead: { does: 'runs of steps of 100 ms beside their handlers\' own time; the latency of a step on an idle system', takes: ['rounds'], run: async (options) => ({ overhead: await (await import('./overhead.mjs')).overhead(options) }) },
  size: { does: 'bytes that a step leaves in PostgreSQL', takes: ['items', 'runs', 'steps'], run: async (options) => ({ size: await (await import('./size.mjs')).size(options) }) },
  flat: { does: 'the cost of one more item in runs of 100 to 100,000', takes: ['rounds'], run: async (options) => ({ flat: await (await import('./flat.mjs')).flat(options) }) },
  hosts: { does: 'one command on every simulated host, and WinRM', takes: ['items', 'rounds'], run: async ({ items, rounds = 3, say }) => ({ hosts: { ssh: await (await import('./hosts.mjs')).benchHosts({ hosts: items, rounds, say }), winrm: await (await import('./winrm.mjs')).benchWinrm({ rounds, say }) } }) },
  copilot: { does: 'the built-in planner with 500 tools and 10,000 assets, no services', takes: ['rounds'], run: async ({ rounds = 3 }) => ({ copilot: await (await import('./copilot.mjs')).copilotFigures({ rounds }) }) },
  preview: { does: 'previews of a change on many assets, over HTTP with the real asset service', takes: ['items', 'rounds'], run: async ({ items: targets, rounds }) => ({ preview: await (await import('./preview.mjs')).previewFigures({ targets, rounds }) }) },
};

const HELP = `npm run bench -- [command] [options]

${Object.entries(COMMANDS).map(([name, { does, takes }]) => `  ${name.padEnd(9)} ${does}\n${' '.repeat(12)}${takes.map((t) => `[--${t} ${t in NUMBERS ? 'N' : 'DIR'}]`).join(' ')}`).join('\n')}
  help      this

  --json    one object, on one line, and nothing else
  --profile DIR: CPU profiles of the product's processes

Without a command: all. bench/README.md says what the figures mean.`;

/** @throws Error that says what is wrong with the command line */
function commandLine() {
  const { options: { json, ...all }, words: [name = 'all', more] } = readOptions(process.argv.slice(2), { numbers: NUMBERS, texts: { profile: undefined }, flags: ['json'], mostWords: 2 });
  if (name === 'help') return undefined;
  if (!Object.hasOwn(COMMANDS, name)) throw new Error(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')} and help`);
  if (more !== undefined) throw new Error(`one command at a time: "${more}" is one too many`);
  const { takes, run } = COMMANDS[name];
  const options = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const foreign = Object.keys(options).find((o) => !takes.includes(o));
  if (foreign) throw new Error(`"${name}" takes no --${foreign}; it takes ${[...takes, 'json'].map((t) => `--${t}`).join(', ')}`);
  return { json, options, run };
}

const chosen = orUsage(commandLine, 'npm run bench -- help says more');
if (chosen) {
  const { json, options, run } = chosen;
  const where = machine();
  const figures = await run({ ...options, say: (line) => { if (!json) console.log(line); } });
  console.log(JSON.stringify({ machine: { ...where, load1AtEnd: machine().load1 }, ...figures }, undefined, json ? undefined : 2));
  process.exit(0);
}
console.log(HELP);
