export * from './database.js';
export * from './fleet/fleet.js';
export * from './fleet/host-spec.js';
export * from './fleet/ledger.js';
export { SimulatedHost, newHostKey, type HostCounters } from './fleet/simulated-host.js';
export * from './fleet/demo-fleet.js';
export * from './sshd.js';
export * from './wait-for.js';
