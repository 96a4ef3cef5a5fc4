import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { inherited } from './dockerfile-stages.mjs';

/** Services without no-new-privileges, with the reason. */
const MAY_GAIN_PRIVILEGES = new Map([['network-service', 'nmap and ping have CAP_NET_RAW from their files']]);
/** Services that are run in several copies: they may have no host port and no fixed name. */
const SCALABLE = ['asset-service', 'automation-service', 'network-service'];
/** Rules of dclint about what may go wrong; those about the order of keys and the spelling of quotes are left out. */
const RULES = ['no-duplicate-container-names', 'no-duplicate-exported-ports', 'no-unbound-port-interfaces', 'no-version-field', 'require-project-name-field', 'require-quotes-in-ports', 'service-image-require-explicit-tag'];
const LEFT_OUT = ['no-build-and-image', 'no-quotes-in-volumes', 'service-container-name-regex', 'service-dependencies-alphabetical-order', 'service-keys-order', 'service-ports-alphabetical-order', 'services-alphabetical-order', 'top-level-properties-order'];

/** Findings about docker-compose.yml, as `docker-compose.yml PLACE message`. */
export function checkCompose(root, dockerfile) {
  const path = join(root, 'docker-compose.yml');
  const text = readFileSync(path, 'utf8');
  const compose = parse(text, { merge: true });
  const findings = [];
  const at = (place, message) => findings.push(`docker-compose.yml ${place} ${message}`);
  checkSchema(compose, at);
  checkRules(path, at);
  for (const [name, service] of Object.entries(compose.services ?? {})) {
    checkReferences({ compose, dockerfile, name, service }, at);
    checkExposure(name, service, at);
  }
  checkRedis(compose, at);
  checkUnused(compose, at);
  checkVariables(root, text, at);
  return findings;
}

/** The Compose Specification's JSON Schema, as dclint carries it. */
function checkSchema(compose, at) {
  const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
  const schema = JSON.parse(readFileSync(join(folder, 'schemas', 'compose.schema.json'), 'utf8'));
  delete schema.$schema; // its spelling with https is unknown to ajv
  const check = new Ajv({ strict: false, allErrors: true, formats: { duration: true, expose: true, ports: true, subnet_ip_address: true } }).compile(schema);
  if (!check(compose)) for (const error of check.errors ?? []) at(error.instancePath || '/', error.message ?? 'does not fit the schema');
}

function checkRules(path, at) {
  const rules = Object.fromEntries([...RULES.map((rule) => [rule, 2]), ...LEFT_OUT.map((rule) => [rule, 0])]);
  const results = new DCLinter({ rules, quiet: true, debug: false, exclude: [] }).lintFiles([path], false);
  for (const { line, rule, message } of results.flatMap((result) => result.messages)) at(`line ${line}`, `${message} (${rule})`);
}

function checkReferences({ compose, dockerfile, name, service }, at) {
  const target = service.build?.target;
  if (service.build && !dockerfile.stages.has(target)) at(name, `there is no stage ${target} in the Dockerfile`);
  if (!service.build && !service.image) at(name, 'has neither image nor build');
  for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
    const found = compose.services[other];
    if (!found) at(name, `depends on ${other}, which does not exist`);
    else if (condition === 'service_started') at(name, `does not wait until ${other} is healthy`);
    else if (condition === 'service_healthy' && !isHealthChecked(found, dockerfile)) at(name, `waits for the health of ${other}, which has no healthcheck`);
    else if (condition === 'service_completed_successfully' && found.restart !== 'no') at(name, `waits for the end of ${other}, which is restarted`);
  }
  for (const volume of service.volumes ?? []) {
    const source = typeof volume === 'string' ? volume.split(':')[0] : volume.source;
    if (/^[./~]/.test(source)) at(name, `mounts ${source} of the host`);
    else if (!(source in (compose.volumes ?? {}))) at(name, `uses the volume ${source}, which is not declared`);
  }
  const networks = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
  for (const network of networks) if (!(network in (compose.networks ?? {}))) at(name, `uses the network ${network}, which is not declared`);
  if (networks.length === 0 && service.network_mode !== 'none') at(name, 'is in the default network: name its networks');
  if (service.restart !== 'no' && !isHealthChecked(service, dockerfile)) at(name, 'has no healthcheck');
}

function isHealthChecked(service, dockerfile) {
  if (service.healthcheck) return service.healthcheck.disable !== true;
  const check = inherited(dockerfile.stages, service.build?.target).findLast((i) => i.keyword === 'HEALTHCHECK');
  return check !== undefined && check.args[0] !== 'NONE';
}

function checkExposure(name, service, at) {
  if (service.privileged) at(name, 'is privileged');
  if (service.network_mode === 'host' || service.pid === 'host' || service.ipc === 'host') at(name, "uses the host's namespaces");
  if (JSON.stringify(service.volumes ?? []).includes('docker.sock')) at(name, 'may command the container engine');
  for (const port of service.ports ?? []) if (!/^127\.0\.0\.1:/.test(String(port))) at(name, `publishes ${JSON.stringify(port)} beyond 127.0.0.1`);
  if (!(service.security_opt ?? []).includes('no-new-privileges:true') && !MAY_GAIN_PRIVILEGES.has(name)) at(name, 'lacks no-new-privileges');
  if (service.build && !(service.cap_drop ?? []).includes('ALL')) at(name, 'keeps the default capabilities');
  if ((service.cap_add ?? []).some((capability) => /^(ALL|SYS_ADMIN|NET_ADMIN|SYS_PTRACE|SYS_MODULE)$/.test(capability))) at(name, 'has a capability that gives the host away');
  if (SCALABLE.includes(name) && (service.ports || service.container_name || service.hostname)) at(name, 'cannot be scaled with a host port or a fixed name');
  for (const [variable, value] of Object.entries(service.environment ?? {})) {
    if (/password|secret|token|_key$/i.test(variable) && value !== '' && !/^\$\{\w+(:\?[^}]+|:-)\}$/.test(String(value))) at(name, `${variable} must come from .env, without a default`);
  }
}

/** Redis keeps every job, and has a limit below which the orchestrator holds back what would not fit. */
function checkRedis(compose, at) {
  for (const [name, { image, command = [] }] of Object.entries(compose.services ?? {})) {
    if (!/^(\w+\/)?(redis|valkey)[:@]/.test(image ?? '')) continue;
    const given = (option) => command[command.indexOf(option) + 1];
    const limit = command.includes('--maxmemory') ? /^(?:\$\{\w+:-)?(\d+)\w*\}?$/.exec(given('--maxmemory'))?.[1] : '0';
    if (!Number(limit)) at(name, 'needs --maxmemory above 0');
    if (!command.includes('--maxmemory-policy') || given('--maxmemory-policy') !== 'noeviction') at(name, 'needs --maxmemory-policy noeviction');
  }
}

function checkUnused(compose, at) {
  const services = Object.values(compose.services ?? {});
  for (const volume of Object.keys(compose.volumes ?? {})) if (!services.some((s) => JSON.stringify(s.volumes ?? []).includes(`"${volume}:`))) at('volumes', `${volume} is not used`);
  for (const network of Object.keys(compose.networks ?? {})) if (!services.some((s) => (s.networks ?? []).includes(network))) at('networks', `${network} is not used`);
}

/** Every variable stands in .env.example, those that must be set without a value and the others as comments; no password has a default. */
function checkVariables(root, text, at) {
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  for (const [, variable] of text.matchAll(/\$\{(\w+):\?/g)) if (!new RegExp(`^${variable}=$`, 'm').test(example)) at('variables', `${variable} is missing in .env.example`);
  for (const [, variable] of text.matchAll(/\$\{(\w+):?-/g)) if (!new RegExp(`^#${variable}=`, 'm').test(example)) at('variables', `${variable} is missing in .env.example, as a comment`);
  for (const [, variable] of text.matchAll(/\$\{(\w*(?:PASSWORD|SECRET|TOKEN)\w*):?-[^}]+\}/g)) at('variables', `${variable} has a default`);
  for (const [, variable] of text.matchAll(/\$\{?(\w*(?:PASSWORD|SECRET|TOKEN)\w*)\}?(?=["'\s@])/g)) at('variables', `${variable} may be empty: write \${${variable}:?set it in .env}`);
}
