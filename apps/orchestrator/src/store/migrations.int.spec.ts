import { readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { useRecord } from '../testing/rig.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });

const migration = (tag: string): string => readFileSync(new URL(`../../migrations/${tag}.sql`, import.meta.url), 'utf8');

it('proposed re-runs of one step become those of a list of steps, and stay so', async () => {
  const id = '00000000-0000-7000-8000-000000000001';
  const old = { parentRunId: '00000000-0000-7000-8000-000000000002', repeat: { step: 3, of: 2, items: ['failed'], boundAnew: true } };
  const insert = `insert into orchestrator.proposals (run_id, tenant_id, requested_by, proposed_by, origin, plan, inputs, warnings, preview, rerun, request_sha256, expires_at) values ($1, 't', 'ann', 'ann', 'api', '{}', '{}', '[]', '{}', $2, '', now())`;
  await pool.query(insert, [id, JSON.stringify(old)]);
  await pool.query(insert, ['00000000-0000-7000-8000-000000000003', null]);
  for (let times = 0; times < 2; times++) {
    await pool.query(migration('0016_repeated_steps'));
    const { rows } = await pool.query<{ rerun: unknown }>('select rerun from orchestrator.proposals order by run_id');
    expect(rows.map((r) => r.rerun)).toEqual([{ parentRunId: old.parentRunId, repeat: { items: ['failed'], steps: [{ step: 3, of: 2, boundAnew: true }] } }, null]);
  }
});
