import { Resolver } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { DnsLookupInput, DnsLookupOutput } from '../dns/dns.dto.js';
import { QUERIES } from '../dns/query.js';
import { Admission } from '../policy/admission.js';
import { failureOfAbort } from '../process/abort.js';

/** Milliseconds a server is given for its first answer; the second try gets twice as long. */
const QUERY_MS = 2000;
const TRIES = 2;

/**
 * Uses c-ares through node:dns: it gives typed records and error codes and can be cancelled. dig would be one more program
 * with an argument grammar to guard and a text for people to parse.
 */
@Controller()
export class DnsLookupTool {
  constructor(private readonly admission: Admission) {}

  @Tool({
    name: 'dns-lookup',
    version: '2.0.0',
    description: 'Looks up DNS records of a name (A, AAAA, MX, TXT, NS, CNAME, PTR, SOA, SRV). For PTR an IP address may be given. That there is no such name (NXDOMAIN) or no such record (NODATA) is an answer, not a failure: see status.',
    input: DnsLookupInput,
    output: DnsLookupOutput,
    effect: 'read',
    idempotent: true,
    target: '/name',
    listOutput: 'records',
    timeoutMs: 15_000,
    estimate: { durationMs: 200 },
    examples: [{ name: 'intranet.example.org' }, { name: '10.0.0.5', type: 'PTR', server: '10.0.0.2' }],
  })
  async run({ input, context }: ToolCall<DnsLookupInput>): Promise<DnsLookupOutput> {
    const call = this.admission.enter(context);
    const type = input.type ?? 'A';
    if (isIP(input.name) !== 0 && type !== 'PTR') throw new ToolFailure('input-invalid', 'an IP address has PTR records only: give a name, or type PTR');
    const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES });
    if (input.server !== undefined) {
      const { address } = await call.checkHost(input.server);
      resolver.setServers([`${isIPv6(address) ? `[${address}]` : address}:${input.port ?? 53}`]);
    } else if (input.port !== undefined) {
      throw new ToolFailure('input-invalid', 'port needs server');
    }
    if (context.signal.aborted) throw failureOfAbort(context.signal);
    const cancel = (): void => resolver.cancel();
    context.signal.addEventListener('abort', cancel, { once: true });
    const answer = { name: input.name, type, servers: resolver.getServers() };
    try {
      return { ...answer, status: 'NOERROR', records: await QUERIES[type](resolver, input.name) };
    } catch (error) {
      if (context.signal.aborted) throw failureOfAbort(context.signal);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENODATA') return { ...answer, status: 'NODATA', records: [] };
      if (code === 'ENOTFOUND') return { ...answer, status: 'NXDOMAIN', records: [] };
      throw failureOfQuery(answer.servers, code ?? String(error));
    } finally {
      context.signal.removeEventListener('abort', cancel);
    }
  }
}

function failureOfQuery(servers: readonly string[], code: string): ToolFailure {
  const who = servers.join(', ');
  switch (code) {
    case 'ETIMEOUT':
    case 'ECONNREFUSED':
      return new ToolFailure('unreachable', `no answer from the DNS server ${who}`, { cause: code });
    case 'ESERVFAIL':
    case 'EREFUSED':
    case 'ENOTIMP':
      return new ToolFailure('service-unavailable', `the DNS server ${who} did not answer the question`, { cause: code });
    case 'EBADNAME':
    case 'EFORMERR':
      return new ToolFailure('input-invalid', 'that is no domain name', { cause: code });
    default:
      return new ToolFailure('tool-failed', `the lookup failed at ${who}`, { cause: code });
  }
}
