import { call } from './http-json.mjs';

/**
 * Puts the simulated hosts into the inventory, with their credentials, as a person would: over the asset-service's HTTP API.
 * Doing it again brings them up to date.
 * @param {{ url: string, hosts: readonly import('./mesh.d.mts').FleetHost[], token?: string }} options url of the asset-service
 */
export async function seedFleet({ url, hosts, token }) {
  const known = new Map((await call('GET', `${url}/credentials`, { token })).credentials.map((c) => [c.name, c.id]));
  const idOf = new Map();
  for (const { username, password } of hosts) {
    const login = JSON.stringify([username, password]);
    if (idOf.has(login)) continue;
    const name = idOf.size === 0 ? 'simulated fleet' : `simulated fleet ${idOf.size + 1}`;
    const secret = { username, password };
    if (known.has(name)) await call('PUT', `${url}/credentials/${known.get(name)}`, { token, body: secret });
    else known.set(name, (await call('POST', `${url}/credentials`, { token, body: { name, kind: 'ssh', ...secret } })).id);
    idOf.set(login, known.get(name));
  }
  const assets = hosts.map((h) => ({
    hostname: h.hostname, ip_address: h.ip, os: h.os, environment: h.environment, location: h.location, status: 'active', tags: h.tags, attributes: { simulated: true },
    protocol: 'ssh', port: h.port, credential_id: idOf.get(JSON.stringify([h.username, h.password])), host_key: h.hostKey, host_key_policy: 'strict',
  }));
  await call('POST', `${url}/assets/import`, { token, body: { assets } });
}
