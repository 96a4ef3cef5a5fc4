import { call } from './http-json.mjs';

/**
 * Puts the simulated hosts into the inventory, with their credentials, as a person would: over the asset-service's HTTP API.
 * Doing it again brings them up to date.
 * @param {{ url: string, hosts: readonly import('./mesh.d.mts').FleetHost[], token?: string }} options url of the asset-service
 */
export async function seedFleet({ url, hosts, token }) {
  const known = new Map((await call('GET', `${url}/credentials`, { token })).credentials.map((c) => [c.name, c.id]));
  const idOf = new Map();
  const counts = { ssh: 0, winrm: 0 };
  for (const host of hosts) {
    if (idOf.has(loginOf(host))) continue;
    const { protocol: kind, username, password } = host;
    const fleet = kind === 'winrm' ? 'simulated Windows fleet' : 'simulated fleet';
    const name = ++counts[kind] === 1 ? fleet : `${fleet} ${counts[kind]}`;
    const secret = { username, password };
    if (known.has(name)) await call('PUT', `${url}/credentials/${known.get(name)}`, { token, body: secret });
    else known.set(name, (await call('POST', `${url}/credentials`, { token, body: { name, kind, ...secret } })).id);
    idOf.set(loginOf(host), known.get(name));
  }
  const assets = hosts.map((h) => ({
    hostname: h.hostname, ip_address: h.ip, os: h.os, environment: h.environment, location: h.location, status: 'active', tags: h.tags, attributes: { simulated: true },
    protocol: h.protocol, port: h.port, credential_id: idOf.get(loginOf(h)),
    // The simulated Windows hosts speak plain HTTP with sealed messages.
    ...(h.protocol === 'winrm' ? { tls: false } : { host_key: h.hostKey, host_key_policy: 'strict' }),
  }));
  await call('POST', `${url}/assets/import`, { token, body: { assets } });
}

function loginOf({ protocol, username, password }) {
  return JSON.stringify([protocol, username, password]);
}
