import { Logger, Module } from '@nestjs/common';
import { KEYS, PROCESS_CONFIG, ServiceClient, type Keys, type ProcessConfig } from '@opsmesh/platform';
import { AttemptFiles } from '@opsmesh/worker-runtime';
import { Capabilities, probeCapabilities } from './capabilities.js';
import { networkPoliciesFrom } from './config.js';
import { CapabilitiesController } from './health/capabilities.controller.js';
import { CaptureReader } from './packets/capture-reader.js';
import { Admission } from './policy/admission.js';
import { resolveBySystem } from './targets/resolve-name.js';
import { ArpTableTool } from './tools/arp-table.js';
import { DnsLookupTool } from './tools/dns-lookup.js';
import { InterfaceListTool } from './tools/interface-list.js';
import { NmapTool } from './tools/nmap.js';
import { PingTool } from './tools/ping.js';
import { PortCheckTool } from './tools/port-check.js';
import { TcpdumpTool } from './tools/tcpdump.js';
import { TlsCertificateTool } from './tools/tls-certificate.js';
import { TracerouteTool } from './tools/traceroute.js';
import { TsharkTools } from './tools/tshark.js';

/** Time for one capture to go to the orchestrator or come from it, in milliseconds. */
const TRANSFER_MS = 60_000;

@Module({
  controllers: [CapabilitiesController, PingTool, DnsLookupTool, TracerouteTool, PortCheckTool, TlsCertificateTool, NmapTool, TcpdumpTool, TsharkTools, ArpTableTool, InterfaceListTool],
  providers: [
    { provide: Admission, useFactory: () => new Admission({ policies: networkPoliciesFrom(process.env), resolve: resolveBySystem }) },
    {
      provide: Capabilities,
      useFactory: async () => {
        const capabilities = await probeCapabilities();
        const log = new Logger('network-service');
        for (const name of capabilities.missing()) log.warn(`${name} is not installed: its tools fail with capability-missing or answer degraded`);
        for (const right of capabilities.lacking()) log.warn(`${right} was refused when it was tried (CAP_NET_RAW): what needs it fails with capability-missing or answers degraded`);
        return capabilities;
      },
    },
    {
      provide: AttemptFiles,
      inject: [KEYS, PROCESS_CONFIG],
      useFactory: (keys: Keys, { service, orchestratorUrl }: ProcessConfig) => new AttemptFiles(new ServiceClient({ keys, from: service, to: 'orchestrator', url: orchestratorUrl, timeoutMs: TRANSFER_MS })),
    },
    { provide: CaptureReader, inject: [Capabilities, AttemptFiles], useFactory: (capabilities: Capabilities, files: AttemptFiles) => new CaptureReader(capabilities, files) },
  ],
})
export class NetworkModule {}
