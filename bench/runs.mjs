// Starting runs over HTTP, and waiting for their end.
import { connect } from 'node:net';
import { until } from '../tools/processes/waiting.mjs';

/** Time in which all runs of a workload have to end, in milliseconds. */
const TIMEOUT_MS = 900_000;
/** Connections by which runs are started; each has one request under way. */
const CONNECTIONS = 32;

/**
 * Starts runs of one plan over a few kept connections, with as little work on this side as can be (the client shares the machine), and waits until all have ended.
 * @param {{ api: string, pool: import('pg').Pool }} product where it answers, and its database
 * @returns {Promise<{ id: string, sentAt: number }[]>} sentAt: when the request was written, in milliseconds since 1970
 * @throws Error when a run is refused or an item does not succeed: figures of that would be worthless
 */
export async function carryOut({ api, pool }, plan, count = 1) {
  const { host, hostname, port } = new URL(api);
  const body = JSON.stringify({ plan, actor_id: 'bench' });
  const request = Buffer.from(`POST /runs HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  const runs = [];
  let asked = 0;
  await Promise.all(Array.from({ length: Math.min(CONNECTIONS, count) }, () => overOneConnection(connect(Number(port), hostname), request, {
    hasMore: () => asked < count && ++asked > 0,
    started: (run) => runs.push(run),
  })));
  const ids = runs.map((r) => r.id);
  // Asked cheaply first: nobody else runs anything here.
  await until(async () => (await pool.query(`select 1 from orchestrator.runs where status in ('running', 'paused') limit 1`)).rowCount === 0, { what: 'the end of the runs', timeoutMs: TIMEOUT_MS });
  const { rows: [{ ended }] } = await pool.query(`select count(*)::int as ended from orchestrator.runs where id = any($1::uuid[])`, [ids]);
  const { rows: [{ bad }] } = await pool.query(`select count(*)::int as bad from orchestrator.items where run_id = any($1::uuid[]) and status <> 'succeeded'`, [ids]);
  if (ended !== count || bad > 0) throw new Error(`${ended} of ${count} runs are there, ${bad} items did not succeed`);
  return runs;
}

/** Sends the request again and again while there are more runs to start. Answers are small: head and body come together, the body is the last line. */
function overOneConnection(socket, request, { hasMore, started }) {
  return new Promise((ok, bad) => {
    let sentAt;
    let text = '';
    const next = () => {
      if (!hasMore()) return socket.end();
      sentAt = Date.now();
      socket.write(request);
    };
    socket.setNoDelay(true).setEncoding('utf8').on('connect', next).on('error', bad).on('close', ok).on('data', (part) => {
      text += part;
      if (!text.endsWith('}')) return;
      if (!text.startsWith('HTTP/1.1 202')) return socket.destroy(new Error(`POST /runs: ${text}`));
      started({ id: JSON.parse(text.slice(text.lastIndexOf('\r\n'))).id, sentAt });
      text = '';
      next();
    });
  });
}
