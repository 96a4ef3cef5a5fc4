import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, OrNull } from './fields.js';

const ECHO_STATUSES = ['Success', 'Failed'] as const;

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?';
/** An IPv4 address, an IPv6 address with or without its zone, or a host name; one that ends like a number (`10.0.0.1-5`, `127.1`, `0x7f.1`) is a range or an address in disguise. */
const DESTINATION = new RegExp(`^(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?|(?:${LABEL}\\.)*(?!0[xX])(?=[0-9_-]*[A-Za-z])${LABEL}\\.?)$`);

export class TestConnectionInput {
  /** The host that sends: asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Address or host name to reach from there. */
  @IsString() @Matches(DESTINATION) @MaxLength(255) destination!: string;
  /** Echo requests, one a second; 4 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(20) count?: number;
  /** Bytes of each request, 32 by default. */
  @IsOptional() @IsInt() @Min(0) @Max(1472) buffer_size?: number;
}

class EchoRow {
  @IsInt() @Min(1) sequence!: number;
  @IsIn(ECHO_STATUSES) status!: (typeof ECHO_STATUSES)[number];
  /** Who answered. */
  @OrNull() @IsString() address!: string | null;
  @OrNull() @IsCount() time_ms!: number | null;
  /** Why there was no answer, in the words of the host. */
  @OrNull() @IsString() detail!: string | null;
}

export class TestConnectionOutput {
  @IsString() host!: string;
  @IsString() destination!: string;
  @IsCount() sent!: number;
  @IsCount() received!: number;
  /** Mean of the answers, in milliseconds; null without any. */
  @OrNull() @IsNumber() average_ms!: number | null;
  @IsArray() @ValidateNested({ each: true }) @Type(() => EchoRow) replies!: EchoRow[];
}

const TEST_CONNECTION = cmdletScript('Test-Connection', '1.0.0', String.raw`
  $replies = @(for ($n = 1; $n -le $data.count; $n++) {
    if ($n -gt 1) { Start-Sleep -Seconds 1 }
    $failed = @()
    $reply = Test-Connection -ComputerName $data.destination -Count 1 -BufferSize $data.buffer_size -ErrorAction SilentlyContinue -ErrorVariable failed
    if ($reply) { @{ sequence = $n; status = 'Success'; address = Text $reply.ProtocolAddress; time_ms = [int]$reply.ResponseTime; detail = $null } }
    else { @{ sequence = $n; status = 'Failed'; address = $null; time_ms = $null; detail = Short $failed[0].Exception.Message } }
  })
  $times = @($replies | Where-Object { $_.status -eq 'Success' } | ForEach-Object { $_.time_ms })
  $average = $(if ($times.Count -gt 0) { [math]::Round(($times | Measure-Object -Average).Average, 3) } else { $null })
  $result = @{ destination = $data.destination; sent = $replies.Count; received = $times.Count; average_ms = $average; replies = $replies }
`);

const DEFAULT_COUNT = 4;
const DEFAULT_BYTES = 32;

@Controller()
export class TestConnection {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    // Twenty requests without an answer.
    timeoutMs: 120_000,
    name: 'Test-Connection',
    version: '1.0.0',
    description: 'Sends echo requests (ping) from a Windows host to another host and tells each answer, over WinRM. That nothing answers is a result, not a failure.',
    input: TestConnectionInput,
    output: TestConnectionOutput,
    listOutput: 'replies',
    estimate: { durationMs: 6000 },
    examples: [{ target_host: 'WIN-SQL01', destination: '10.0.0.1' }, { target_host: '10.0.0.5', destination: 'dc01.corp.example', count: 2 }],
  })
  run({ input, context }: ToolCall<TestConnectionInput>): Promise<TestConnectionOutput> {
    return this.cmdlets.run(context, { script: TEST_CONNECTION, input: { ...input, count: input.count ?? DEFAULT_COUNT, buffer_size: input.buffer_size ?? DEFAULT_BYTES }, output: TestConnectionOutput });
  }
}
