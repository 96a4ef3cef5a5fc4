import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { inherited, isFinal } from './dockerfile-stages.mjs';

/** Final stages that run as root, with the reason. */
const MAY_BE_ROOT = new Map([['ssh-host', 'sshd becomes the user who logs in']]);
const SECRET = /(password|passwd|secret|token|api_?key|private_?key)/i;

/** Findings about a Dockerfile, as `Dockerfile:LINE message`. */
export function checkDockerfile(root, { text, stages }) {
  const findings = [];
  const at = (line, message) => findings.push(`Dockerfile:${line} ${message}`);
  for (const finding of validate(text)) at(finding.range.start.line + 1, finding.message);
  for (const stage of stages.values()) {
    checkBase(stages, stage, at);
    for (const instruction of stage.instructions) checkInstruction(root, stages, instruction, at);
    if (isFinal(stages, stage.name)) checkFinal(stages, stage, at);
  }
  checkManifests(root, stages, at);
  return findings;
}

function checkBase(stages, stage, at) {
  if (!stages.has(stage.base) && !/^[^:@]+(:[^:@]*\d[^:@]*|:[a-z]+-slim|@sha256:[0-9a-f]{64})$/.test(stage.base)) at(stage.line, `the image ${stage.base} has no version`);
}

function checkInstruction(root, stages, instruction, at) {
  const { keyword, args, from, line } = instruction;
  if (keyword === 'ADD') at(line, 'ADD unpacks and downloads: use COPY');
  if ((keyword === 'ENV' || keyword === 'ARG') && args.some((arg) => SECRET.test(arg.split('=')[0]))) at(line, `${keyword} stays in the image: no secrets there`);
  if (keyword === 'RUN' && /(curl|wget)[^|]*\|\s*(ba)?sh/.test(args.join(' '))) at(line, 'a script from the network is run unseen');
  if (keyword === 'RUN' && /\bsudo\b/.test(args.join(' '))) at(line, 'sudo is not needed in a build');
  if (keyword !== 'COPY') return;
  if (from !== undefined && !stages.has(from)) at(line, `there is no stage ${from}`);
  if (from !== undefined) return;
  for (const source of args.slice(0, -1)) {
    if (globSync(source, { cwd: root }).length === 0) at(line, `${source} does not exist`);
    else if (isIgnored(root, source)) at(line, `${source} is left out by .dockerignore`);
  }
}

function checkFinal(stages, stage, at) {
  const all = inherited(stages, stage.name);
  const last = (keyword) => all.findLast((i) => i.keyword === keyword);
  const user = last('USER')?.args[0] ?? 'root';
  const mayBeRoot = MAY_BE_ROOT.has(stage.name);
  if (/^(root|0)(:|$)/.test(user) && !mayBeRoot) at(stage.line, `the stage ${stage.name} runs as root`);
  if (!last('HEALTHCHECK')) at(stage.line, `the stage ${stage.name} has no HEALTHCHECK`);
  if (!last('CMD') && !last('ENTRYPOINT')) at(stage.line, `the stage ${stage.name} starts nothing`);
  const app = last('CMD')?.args.map((a) => /^\["?|(apps\/[a-z-]+)\/dist\/main\.js/.exec(a)?.[1]).find(Boolean);
  if (app && !all.some((i) => i.keyword === 'COPY' && i.args.at(-1)?.replace(/\/$/, '') === app)) at(stage.line, `the stage ${stage.name} starts ${app} without having it`);
}

/** npm ci needs the manifest of every workspace. */
function checkManifests(root, stages, at) {
  const stage = [...stages.values()].find((s) => s.instructions.some((i) => i.args.includes('package-lock.json')));
  const copied = new Set(stage?.instructions.filter((i) => i.keyword === 'COPY').flatMap((i) => i.args.slice(0, -1)));
  for (const manifest of globSync('{apps,libs}/*/package.json', { cwd: root })) {
    if (!copied.has(manifest)) at(stage?.line ?? 1, `${manifest} is not copied before npm ci`);
  }
}

/** Whether .dockerignore leaves a path out; as far as its lines are paths, `*`, or `!` before a path. The last line that fits counts. */
function isIgnored(root, source) {
  let ignored = false;
  for (const raw of readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const pattern = line.replace(/^!/, '').replace(/\/$/, '');
    if (pattern === '*' || source === pattern || source.startsWith(`${pattern}/`)) ignored = !line.startsWith('!');
  }
  return ignored;
}
