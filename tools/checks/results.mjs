// What jest wrote of a run: <project>/.jest/<target>.json, made anew or restored by Nx's cache.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every project's result file of a target; the file need not exist. */
function files(root, target) {
  return ['apps', 'libs'].flatMap((d) => readdirSync(join(root, d)).map((p) => join(root, d, p, '.jest', `${target}.json`)));
}

/** Removes old results, so that none is counted twice. */
export function forgetResults(root, targets) {
  for (const t of targets) for (const f of files(root, t)) rmSync(f, { force: true });
}

/**
 * Sums the results of a target over all projects. A spec file that could not run at all counts as one failed test.
 * @returns {{ passed: number, failed: number, skipped: number, failedTests: string[], skippedTests: string[] }}
 */
export function resultsOf(root, target) {
  const sum = { passed: 0, failed: 0, skipped: 0, failedTests: [], skippedTests: [] };
  for (const f of files(root, target).filter((f) => existsSync(f))) {
    const r = JSON.parse(readFileSync(f, 'utf8'));
    sum.passed += r.numPassedTests;
    sum.failed += r.numFailedTests + r.numRuntimeErrorTestSuites;
    sum.skipped += r.numPendingTests + r.numTodoTests;
    for (const suite of r.testResults) {
      const file = relative(root, suite.name);
      const named = (...statuses) => suite.assertionResults.filter((t) => statuses.includes(t.status)).map((t) => `${file}: ${t.fullName}`);
      sum.failedTests.push(...named('failed'));
      if (suite.status === 'failed' && suite.assertionResults.length === 0) sum.failedTests.push(`${file} could not run`);
      sum.skippedTests.push(...named('pending', 'todo', 'skipped'));
    }
  }
  return sum;
}
