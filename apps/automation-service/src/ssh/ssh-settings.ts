import { readConfig } from '@opsmesh/platform';
import { DEFAULT_POOL } from './connection-pool.js';
import { DEFAULT_HOST_LIMITS } from './host-limits.js';
import type { SshClientOptions } from './ssh-client.js';

/**
 * What a worker's environment says of SSH: OPSMESH_SSH_COMMANDS is the most commands at once over all hosts; credentials may use the SSH agent of
 * SSH_AUTH_SOCK only where OPSMESH_SSH_AGENT is `on`.
 * @throws StartError that names every bad variable
 */
export function sshSettings(source: Readonly<Record<string, string | undefined>> = process.env): Required<SshClientOptions> {
  return readConfig((env) => ({
    limits: { ...DEFAULT_HOST_LIMITS, global: env.int('OPSMESH_SSH_COMMANDS', DEFAULT_HOST_LIMITS.global, { min: 1, max: 10_000 }) },
    pool: { ...DEFAULT_POOL, agent: env.oneOf('OPSMESH_SSH_AGENT', ['on', 'off'], 'off') === 'on' ? env.text('SSH_AUTH_SOCK') : undefined },
  }), source);
}
