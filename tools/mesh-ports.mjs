import { freePort, portInUse, whoListens } from './ports.mjs';

/** The processes of a mesh in the order they are named to people: default port, the variable that changes it, addresses listened on. */
export const PORTS = {
  orchestrator: { port: 3005, variable: 'ORCHESTRATOR_PORT' },
  'asset-service': { port: 3002, variable: 'ASSET_SERVICE_PORT' },
  'automation-service': { port: 3003, variable: 'AUTOMATION_SERVICE_PORT' },
  'network-service': { port: 3006, variable: 'NETWORK_SERVICE_PORT' },
  redis: { port: 16379, variable: 'REDIS_PORT' },
  postgres: { port: 15432, variable: 'POSTGRES_PORT' },
  fleet: { port: 2222, variable: 'FLEET_PORT', hosts: Array.from({ length: 6 }, (_, i) => `127.0.1.${i + 11}`) },
  // The Windows hosts of the same process.
  'fleet-winrm': { port: 5985, variable: 'FLEET_WINRM_PORT', hosts: Array.from({ length: 4 }, (_, i) => `127.0.1.${i + 21}`) },
};

/**
 * The port of each process: as wanted, else by its variable, else the default; 0 means any free one.
 * @param {string[]} names
 * @param {Record<string, number> | 'free'} wanted
 * @throws Error naming every port that is taken, by whom, and the variable to set
 */
export async function choosePorts(names, wanted = {}) {
  const asked = Object.fromEntries(names.map((n) => [n, wanted === 'free' ? 0 : wanted[n] ?? fromEnvironment(n)]));
  const problems = [];
  for (const [i, name] of names.entries()) {
    const port = asked[name];
    if (port === 0) asked[name] = await freePort();
    else if (await anyInUse(port, PORTS[name].hosts)) {
      const who = whoListens(port);
      problems.push(`port ${port} of ${name} is in use${who ? ` by ${who}` : ''}: stop that, or set ${PORTS[name].variable} to another port`);
    }
    const twin = names.slice(0, i).find((n) => asked[n] === asked[name]);
    if (twin) problems.push(`${name} and ${twin} can't both have port ${port}: set ${PORTS[name].variable} to another port`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return asked;
}

async function anyInUse(port, hosts = ['127.0.0.1']) {
  return (await Promise.all(hosts.map((h) => portInUse(port, h)))).includes(true);
}

function fromEnvironment(name) {
  const { port, variable } = PORTS[name];
  const text = process.env[variable];
  if (text === undefined || text === '') return port;
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 65_535) throw new Error(`${variable} must be a port from 0 (any free one) to 65535, not "${text}"`);
  return n;
}
