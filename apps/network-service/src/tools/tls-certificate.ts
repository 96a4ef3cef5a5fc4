import { isIP } from 'node:net';
import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Admission } from '../policy/admission.js';
import { failureOfAbort } from '../process/abort.js';
import { isHostName, quoted } from '../targets/target.js';
import { readCertificate } from '../tls-certificate/read-certificate.js';
import { TlsCertificateInput, TlsCertificateOutput } from '../tls-certificate/tls-certificate.dto.js';

@Controller()
export class TlsCertificateTool {
  constructor(private readonly admission: Admission) {}

  @Tool({
    name: 'tls-certificate',
    version: '1.1.0',
    description: 'Reads the certificate that a TLS port shows: names, issuer, validity with the days that are left, and whether it is trusted. It makes the handshake and closes.',
    input: TlsCertificateInput,
    output: TlsCertificateOutput,
    effect: 'read',
    idempotent: true,
    target: '/target_host',
    cacheMs: 60_000,
    timeoutMs: 60_000,
    estimate: { durationMs: 500 },
    examples: [{ target_host: 'web-1' }, { target_host: '10.0.0.5', port: 8443, server_name: 'shop.example.com' }],
  })
  async run({ input, context }: ToolCall<TlsCertificateInput>): Promise<TlsCertificateOutput> {
    const call = this.admission.enter(context);
    if (input.server_name !== undefined && !isHostName(input.server_name)) throw new ToolFailure('input-invalid', `server_name: ${quoted(input.server_name)} is no host name`);
    const { address } = await call.checkHost(input.target_host);
    const serverName = input.server_name ?? (isIP(input.target_host) === 0 ? input.target_host : undefined);
    try {
      const read = await readCertificate({ address, port: input.port ?? 443, serverName }, { timeoutMs: (input.timeout ?? 10) * 1000, signal: context.signal, now: Date.now() });
      return { host: input.host_name ?? input.target_host, ...read };
    } catch (e) {
      if (context.signal.aborted) throw failureOfAbort(context.signal);
      throw e;
    }
  }
}
