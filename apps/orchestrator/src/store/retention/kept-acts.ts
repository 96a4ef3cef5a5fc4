/** SQL of what people did before a run started, as `purged_runs.acts` keeps it: rows of `at` and `act`. @param run SQL of the run's id */
export const actsOnProposal = (run: string): string => `
select x.at, json_strip_nulls(json_build_object('at', x.at, 'actor', x.actor_id, 'act', x.decision, 'manifest', x.manifest_sha256, 'comment', x.comment)) as act
from orchestrator.proposal_acts x where x.run_id = ${run}`;

/** SQL of what people did to a run, likewise. An entry of the history that names an actor is the act of a person or of a probe. @param plan SQL of its compiled plan */
export const actsOnRun = (run: string, plan: string): string => `
select x.at, json_strip_nulls(json_build_object('at', x.at, 'actor', x.actor_id, 'act', x.decision, 'step', ${plan}->'steps'->x.step::int->>'id', 'item', x.item, 'comment', x.comment)) as act
from orchestrator.approval_acts x where x.run_id = ${run}
union all
select h.at, json_strip_nulls(json_build_object('at', h.at, 'actor', e.entry->3->>'actor', 'act', e.entry->>0, 'step', ${plan}->'steps'->(e.entry->>1)::int->>'id', 'item', (e.entry->>2)::int,
  'target', (select i.target from orchestrator.items i where i.run_id = h.run_id and i.step = (e.entry->>1)::int and i.item = (e.entry->>2)::int), 'data', e.entry->3)) as act
from orchestrator.history h cross join lateral json_array_elements(h.entries) as e(entry)
where h.run_id = ${run} and strpos(h.entries::text, '"actor"') > 0 and e.entry->3->>'actor' is not null`;
