import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MUTANTS } from '../../../tools/sim/mutants.mjs';

/** Built modules, by the first part of their path. */
const HOMES: Readonly<Record<string, string>> = { 'plan-model': '../../../libs/', orchestrator: '../../../apps/' };

// Whether they are killed is for `npm run sim -- --mutants` to say, which takes a minute.
it.each(MUTANTS.map((m) => [m.name, m] as const))('the simulation can still be played with the mutant "%s"', (_name, { changes }) => {
  for (const { file, find } of changes) {
    const text = readFileSync(fileURLToPath(new URL(`${HOMES[file.split('/')[0]!]}${file}`, import.meta.url)), 'utf8');
    expect(`${text.split(find).length - 1} times ${find}`).toBe(`1 times ${find}`);
  }
});
