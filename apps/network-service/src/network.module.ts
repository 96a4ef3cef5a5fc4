import { Logger, Module } from '@nestjs/common';
import { Capabilities, probeCapabilities } from './capabilities.js';
import { type NetworkConfig, networkConfigFrom } from './config.js';
import { resolveBySystem } from './targets/resolve-name.js';
import { TargetChecker } from './targets/target-checker.js';
import { TargetPolicy } from './targets/target-policy.js';
import { NETWORK_CONFIG } from './tokens.js';
import { DnsLookupTool } from './tools/dns-lookup.js';
import { NmapTool } from './tools/nmap.js';
import { PingTool } from './tools/ping.js';

@Module({
  controllers: [PingTool, DnsLookupTool, NmapTool],
  providers: [
    { provide: NETWORK_CONFIG, useFactory: () => networkConfigFrom(process.env) },
    {
      provide: Capabilities,
      useFactory: async () => {
        const capabilities = await probeCapabilities();
        const log = new Logger('network-service');
        for (const name of capabilities.missing()) log.warn(`${name} is not installed: its tool will fail with capability-missing`);
        if (!capabilities.rawSockets) log.warn('no raw sockets (CAP_NET_RAW): SYN scans will be made as connect scans and say degraded');
        return capabilities;
      },
    },
    {
      provide: TargetChecker,
      inject: [NETWORK_CONFIG],
      useFactory: (config: NetworkConfig) => new TargetChecker(new TargetPolicy(config.targets), resolveBySystem),
    },
  ],
})
export class NetworkModule {}
