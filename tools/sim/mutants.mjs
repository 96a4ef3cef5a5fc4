// Faults that are put into the product on purpose, in memory only: each changes the text of built modules as they are loaded.
// Files of `simulation` stand for what is SQL or another process in the product: the store's statement, the worker.

const plan = (file) => `plan-model/dist/${file}`;
const engine = (file) => `orchestrator/dist/engine/${file}`;
const transport = (file) => `orchestrator/dist/transport/${file}`;
const simulated = (file) => `orchestrator/dist/simulation/${file}`;

const one = (name, file, find, replace) => ({ name, changes: [{ file, find, replace }] });

export const MUTANTS = [
  // Record and transport.
  one('dual write: jobs are sent before the commit', engine('engine.js'), '.run(batch.map((w) => w.submission)));', '.run(batch.map((w) => w.submission)).then((r) => { this.tell(r.news); return r; }));'),
  one('a result is acknowledged before its commit', transport('result-consumer.js'), 'const outcomes = await', 'await this.deps.redis.pipeline().xack().xdel(RESULTS_STREAM, ...messages.map((m) => m.entry)).exec(); const outcomes = await'),
  one('a result that met a conflict is dropped', engine('engine.js'), 'await this.commit(batch, lost);', 'batch.forEach((w) => w.resolve(false));'),
  one('rows of sent attempts leave before the jobs are added', transport('relay.js'), 'await this.send([...ready', 'this.parts.sent.add(open.map((b) => b.id)); await this.clearSent(); await this.send([...ready'),
  one('a stale cache is believed: versions are not compared', simulated('staged-writes.js'), 'if (this.versionOf(id) !== version)\n                throw new RunChangedError(\'a run was changed by another process\');\n            const copy', 'const copy'),
  one('runs found unchanged are not verified', engine('commit.js'), 'this.changes.unchanged =', 'void'),
  one('timers are not deleted when they fired', engine('commit.js'), 'this.changes.firedTimers.push(timerId);', ';'),
  one('a retry in waiting may fire twice', plan('transition.js'), "item?.status !== 'pending' || item.attempt !== attempt", '!item'),
  one('the history leaves a number out', plan('draft.js'), 'this.seq++;', 'this.seq += type === \'item.retrying\' ? 2 : 1;'),
  one('the reconciler does not wait for results that are on their way', transport('reconciler.js'), 'await resultsBacklog(this.deps.redis) > 0', 'false'),
  one('the reconciler is sure at once', transport('reconciler.js'), 'const ROUNDS_TO_RESEND = 15;', 'const ROUNDS_TO_RESEND = 1;'),
  one('a wiped queue is not noticed', transport('reconciler.js'), 'await this.deps.engine.submit(', 'void ('),
  one('jobs of lost attempts stay where they were', transport('reconciler.js'), 'await this.removeJobs(sure, facts);', ';'),
  one('what a worker says of an attempt that was repeated meanwhile is dropped', engine('commit.js'), 'const isNew = await', 'const isNew = false && await'),
  // Claims and workers.
  one('a tool acts before its attempt is claimed', simulated('worker-process.js'), 'const answer = await this.claim(running, keyThumbprint);', 'this.around.oracle.act(job, { workerId: this.party.name, keyThumbprint }); const answer = await this.claim(running, keyThumbprint);'),
  one('a claim is granted that was not committed', engine('claim-desk.js'), 'if (!granted &&', 'if (false &&'),
  one('an attempt that may not be repeated is claimed twice', plan('transition.js'), 'return isRepeatable(tool) ? item : undefined;', 'return item;'),
  one('a worker acts that may have been given up since it claimed', simulated('worker-process.js'), '&& !this.mayBeGivenUpSince(askedAt)', ''),
  one('an attempt is given up although its worker is heard again', engine('commit.js'), 'if (worker !== undefined &&', 'if (false &&'),
  one('a worker does not send a result again', simulated('worker-process.js'), 'known !== undefined)\n                    void', 'false)\n                    void'),
  one('a worker returns before its result is written', simulated('worker-process.js'), 'if (outcome)', 'if (outcome && this.claims % 7 !== 3)'),
  one('a lost attempt that may not be repeated is sent again', plan('transition.js'), "item.status === 'running' && !isRepeatable(tool)", 'false'),
  // The plan model.
  one('a terminal item reopens for a second result', plan('transition.js'), "if (item.status !== 'queued' && item.status !== 'running')\n        return undefined;\n    const tool", 'const tool'),
  one('the failure threshold is off by one', plan('map-items.js'), 'bad > policy.failureThreshold.count', 'bad > policy.failureThreshold.count + 1'),
  one('the concurrency is off by one', plan('map-items.js'), 'policy.concurrency - activeItems(step)', 'policy.concurrency + 1 - activeItems(step)'),
  one('an empty list is never joined', plan('items.js'), 'if (counts.pending + counts.queued + counts.running > 0)', 'if (total === 0 || counts.pending + counts.queued + counts.running > 0)'),
  one('a step is joined while a retry waits', plan('items.js'), 'if (counts.pending + counts.queued + counts.running > 0)', 'if (counts.queued + counts.running > 0)'),
  one('a wave opens before the one before has ended', plan('map-items.js'), '&& activeItems(step) === 0', ''),
  one('a wave does not wait for its pause', plan('items.js'), 'held: pauseMs > 0', 'held: false'),
  one('one attempt more than allowed', plan('retry.js'), 'attempt >= step.retry.maxAttempts', 'attempt > step.retry.maxAttempts'),
  one('what may have happened is tried again', plan('retry.js'), "const repeatable = ", "const repeatable = true || "),
  one('an attempt begins while its run is paused', plan('transition.js'), "item.status !== 'queued' || draft.paused", "item.status !== 'queued'"),
  one('what was queued in a paused run is not sent again', plan('run-control.js'), "draft.effects.push({ type: 'resend' });", ';'),
  one('what waits is not given up with the rest', plan('items.js'), "draft.effects.push({ type: 'withdraw', step: index });", ';'),
  one('a cancel leaves queued items alone', plan('items.js'), "['pending', 'queued'] :", "['pending'] :"),
  one('an alternative runs although its step succeeded', plan('ready-steps.js'), "|| state.status !== 'failed'", ''),
  one('a step does not wait for what it depends on', plan('ready-steps.js'), 'if (!isTerminalStep(steps[d]))', 'if (false)'),
  one('an iteration uses the item numbers of the one before', plan('containers.js'), 'const base = itemRange(draft.steps[i]).to;', 'const base = 0;'),
  one('a counter is not moved for a retry', plan('transition.js'), "draft.move(step, item.status, 'pending');", ';'),
  one('a kept signal is taken and forgotten', engine('begin-item.js'), 'if (signal)', 'if (signal && false)'),
  one('the end of a sub-plan is not told to its parent', engine('effects.js'), 'news.finished.add(runId);\n                return this.tellParent(run);', 'news.finished.add(runId);\n                return;'),
  one('that what was unknown in a sub-plan is known is not told to its parent', engine('effects.js'), "case 'outcome-changed': return this.tellParent(run);", "case 'outcome-changed': return;"),
  one('a probe that can not tell says no', plan('probe.js'), "typeof value === 'boolean' ? value : null", 'value === true'),
  one('an output answers calls with other inputs', engine('cached-answers.js'), 'toolVersion, bound]', 'toolVersion]'),
  one('a lock is not given back', engine('commit.js'), 'this.changes.unlocked.push(ref);', ';'),
  one('a lock is not looked at', transport('dispatch-gate.js'), 'if (key !== null && !await takeLock', 'if (false && !await takeLock'),
];
