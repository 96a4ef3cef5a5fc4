import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');

describe('a check that is asked for nothing, or for what is not understood, ends with 2 and says why', () => {
  it.each([
    ['tools/sim.mjs --schedules abc', '--schedules takes a whole number above 0, not "abc"'],
    ['tools/sim.mjs --schedules 0', '--schedules takes a whole number above 0, not "0"'],
    ['tools/sim.mjs 5000', '"5000" is one too many'],
    ['tools/sim.mjs --mutants --threads 0', '--threads takes a whole number above 0, not "0"'],
    ['tools/sim.mjs --mutants nosuchname', 'there is no mutant "nosuchname"'],
    ['tools/sim.mjs --replay seed', '--replay takes a whole number from 0 on, not "seed"'],
    ['tools/chaos.mjs --runs some', '--runs takes a whole number above 0, not "some"'],
    ['tools/chaos.mjs --minutes 0', '--minutes takes a number above 0, not "0"'],
    ['tools/chaos.mjs --only storms', 'there is no part "storms"'],
    ['tools/chaos.mjs --kep', "Unknown option '--kep'"],
    ['bench/main.mjs chain --runs 0', '--runs takes a whole number above 0, not "0"'],
    ['bench/main.mjs chain flat', 'one command at a time'],
    ['bench/main.mjs size --profile here', '"size" takes no --profile'],
  ])('%s', (line, why) => {
    const [program, ...args] = line.split(' ');
    const { status, stdout, stderr } = spawnSync(process.execPath, [program!, ...args], { cwd: ROOT, encoding: 'utf8', timeout: 30_000 });
    expect({ status, stdout, said: stderr.includes(why) ? why : stderr }).toEqual({ status: 2, stdout: '', said: why });
  });
});
