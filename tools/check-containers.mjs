// Checks Dockerfile, docker-compose.yml and .env.example without a container engine: node tools/check-containers.mjs
// Prints one line for each finding and exits with 1 when there is any.
import { join } from 'node:path';
import { checkCompose } from './containers/check-compose.mjs';
import { checkDockerfile } from './containers/check-dockerfile.mjs';
import { readDockerfile } from './containers/dockerfile-stages.mjs';

const root = join(import.meta.dirname, '..');
const dockerfile = readDockerfile(root);
const findings = [...checkDockerfile(root, dockerfile), ...checkCompose(root, dockerfile)];
for (const finding of findings) console.error(finding);
console.log(findings.length === 0 ? 'containers: no findings' : `containers: ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
