import type { AssetFacts } from '../facts/facts.js';

const host = (hostname: string, ip_address: string, rest: Omit<AssetFacts, 'hostname' | 'ip_address'>): AssetFacts => ({ hostname, ip_address, ...rest });
const linux = (tags: string[], environment: string, location: string) => ({ os: 'Ubuntu 24.04', protocol: 'ssh' as const, status: 'active', tags: ['linux', ...tags], environment, location });
const windows = (os: string, tags: string[], environment: string) => ({ os, protocol: 'winrm' as const, status: 'active', tags, environment, location: 'fra-1' });

/** The inventory against which the phrasings are read. */
export const EVALUATION_FLEET: readonly AssetFacts[] = [
  host('web-01', '10.0.1.11', linux(['web'], 'production', 'fra-1')),
  host('web-02', '10.0.1.12', linux(['web'], 'production', 'fra-1')),
  host('web-03', '10.0.1.13', linux(['web', 'canary'], 'staging', 'ams-2')),
  host('web-04', '10.0.1.14', { ...linux(['web'], 'production', 'ams-2'), status: 'inactive' }),
  host('web-prod-01', '10.0.2.10', linux(['web'], 'production', 'datacenter-1')),
  host('db-01', '10.0.3.11', { ...linux(['db', 'postgres'], 'production', 'datacenter-1'), os: 'Debian 12' }),
  host('db-02', '10.0.3.12', { ...linux(['db', 'postgres'], 'staging', 'datacenter-1'), os: 'Debian 12', status: 'maintenance' }),
  host('mail-01', '10.0.4.20', { ...linux(['mail'], 'production', 'ams-2'), os: 'Rocky Linux 9' }),
  host('bastion-01', '10.0.0.5', linux(['bastion'], 'production', 'fra-1')),
  host('dev-box', '10.0.9.9', linux(['build'], 'development', 'office')),
  host('WIN-SQL01', '10.0.5.11', windows('Windows Server 2022', ['windows', 'sql'], 'production')),
  host('WIN-APP02', '10.0.5.12', windows('Windows Server 2019', ['windows', 'app'], 'staging')),
  host('win10-pc1', '10.0.6.1', windows('Windows 10', ['win10'], 'office')),
  host('win10-pc2', '10.0.6.2', windows('Windows 10', ['win10'], 'office')),
  host('win10-pc3', '10.0.6.3', windows('Windows 10', ['win10'], 'office')),
  host('win10-pc4', '10.0.6.4', windows('Windows 10', ['win10'], 'office')),
];
