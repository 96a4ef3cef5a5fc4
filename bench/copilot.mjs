// The built-in planner with 500 tools and an inventory of 10,000 assets: milliseconds a message, and of its parts. No model takes part.
import { BUILTIN_STORE, BUILTIN_TEMPLATES, Catalogue, chooseTemplates, Copilot, InMemoryFacts, neutralText, optimise, understand, wordsToLookUp } from '@opsmesh/copilot';
import { evaluationCompile, EVALUATION_FLEET, EVALUATION_TOOLS, HELD_OUT, TUNING } from '@opsmesh/copilot/evaluation';
import { compileDocument } from '@opsmesh/plan-model';

const TOOLS = 500;
const ASSETS = 10_000;
const now = () => new Date('2026-11-21T12:00:00Z');

export async function copilotFigures({ rounds = 3 } = {}) {
  const catalogue = new Catalogue(tools());
  const facts = new InMemoryFacts(assets());
  const compile = evaluationCompile(compileDocument);
  const copilot = new Copilot({ facts, templates: BUILTIN_STORE, catalogue: () => Promise.resolve(catalogue), compile, now });
  const messages = [...TUNING, ...HELD_OUT].map((p) => p.say);
  const message = [];
  const match = [];
  for (let round = 0; round <= rounds; round++) {
    for (const text of messages) {
      const begun = performance.now();
      await copilot.reply({ tenantId: 'bench', text });
      // The first round warms up; the templates' own share is measured apart.
      if (round > 0) message.push(performance.now() - begun);
      const neutral = neutralText(text);
      const sheet = await facts.lookUp('bench', wordsToLookUp(neutral.text));
      const situation = { facts: sheet, catalogue, templates: BUILTIN_TEMPLATES, now: now() };
      const intents = understand(neutral, situation).filter((i) => i.kind === 'action');
      const matching = performance.now();
      for (const intent of intents) chooseTemplates({ intent, ...situation, compile });
      if (round > 0 && intents.length > 0) match.push(performance.now() - matching);
    }
  }
  const big = largePlan(500);
  const optimising = Array.from({ length: 5 }, () => timed(() => optimise(big, [], catalogue)));
  const generating = [];
  for (let i = 0; i < 5; i++) {
    const begun = performance.now();
    await copilot.reply({ tenantId: 'bench', text: 'health check of all production web servers and then show the disk usage of all db hosts and then ping web-01 and then list processes on db-01' });
    generating.push(performance.now() - begun);
  }
  return { tools: TOOLS, assets: ASSETS, messages: message.length, messageMs: spread(message), templateMatchMs: spread(match), optimise500StepsMs: spread(optimising), generateFourPartPlanMs: spread(generating), changesFound: optimise(big, [], catalogue).changes.length };
}

function timed(work) {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2));
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function tools() {
  const own = EVALUATION_TOOLS.length;
  const words = ['billing', 'ticket', 'backup', 'cluster', 'mailbox', 'router', 'switch', 'bucket', 'license', 'tunnel'];
  return [...EVALUATION_TOOLS, ...Array.from({ length: TOOLS - own }, (_, i) => ({
    name: `vendor${i}-${words[i % words.length]}-${i % 3 === 0 ? 'sync' : 'list'}`, description: `Reads ${words[i % words.length]} number ${i} of a vendor and gives its state`, effect: 'read', commands: [], examples: [],
    inputSchema: { type: 'object', properties: { name: { type: 'string' }, limit: { type: 'integer' } }, required: ['name'] },
  }))];
}

function assets() {
  return [...EVALUATION_FLEET, ...Array.from({ length: ASSETS - EVALUATION_FLEET.length }, (_, i) => ({
    hostname: `node-${String(i).padStart(5, '0')}`, ip_address: `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, os: i % 5 === 0 ? 'Windows Server 2022' : 'Ubuntu 24.04', protocol: i % 5 === 0 ? 'winrm' : 'ssh', status: 'active',
    environment: ['production', 'staging', 'development'][i % 3], location: `site-${i % 40}`, tags: [`team-${i % 200}`, i % 2 === 0 ? 'web' : 'batch'],
  }))];
}

/** Steps of which half ask what another asks already, and that all wait for the one before. */
function largePlan(steps) {
  return {
    name: 'large', steps: Array.from({ length: steps }, (_, i) => ({
      id: `s${i}`, tool: i % 2 === 0 ? 'asset-query' : 'ping', ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
      inputs: i % 2 === 0 ? { filters: { tags: `tag-${i % 100}` }, fields: ['hostname'] } : { target_host: `<<steps.s${i - 1}.output.assets[0].hostname>>` },
    })),
  };
}
