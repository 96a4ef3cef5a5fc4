// Starting runs over HTTP, and waiting for their end.
import { Agent, request as httpRequest } from 'node:http';
import { until } from './until.mjs';

/** Time in which all runs of a workload have to end, in milliseconds. */
const TIMEOUT_MS = 900_000;

/**
 * Starts runs of one plan over a few kept connections, with as little work on this side as can be (the client shares the machine), and waits until all have ended.
 * @param {{ api: string, pool: import('pg').Pool }} product where it answers, and its database
 * @returns {Promise<{ id: string, sentAt: number }[]>} sentAt: when the request had a connection to go by, in milliseconds since 1970
 * @throws Error when a run is refused or an item does not succeed: figures of that would be worthless
 */
export async function carryOut({ api, pool }, plan, count = 1) {
  const body = JSON.stringify({ plan, actor_id: 'bench' });
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const runs = await Promise.all(Array.from({ length: count }, () => post(`${api}/runs`, { agent, body })));
  agent.destroy();
  const ids = runs.map((r) => r.id);
  await until(async () => (await pool.query(`select count(*)::int as n from orchestrator.runs where id = any($1::uuid[]) and status not in ('running', 'paused')`, [ids])).rows[0].n === count, 'the end of the runs', TIMEOUT_MS);
  const { rows: [{ bad }] } = await pool.query(`select count(*)::int as bad from orchestrator.items where run_id = any($1::uuid[]) and status <> 'succeeded'`, [ids]);
  if (bad > 0) throw new Error(`${bad} items did not succeed`);
  return runs;
}

function post(url, { agent, body }) {
  return new Promise((ok, bad) => {
    let sentAt;
    const request = httpRequest(url, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (d) => { text += d; }).on('end', () => {
        if (response.statusCode === 202) ok({ id: JSON.parse(text).id, sentAt });
        else bad(new Error(`POST /runs: ${response.statusCode} ${text}`));
      });
    });
    request.on('socket', () => { sentAt = Date.now(); }).on('error', bad);
    request.end(body);
  });
}
