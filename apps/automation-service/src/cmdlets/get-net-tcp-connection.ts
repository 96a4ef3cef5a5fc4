import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsIP, IsNotEmpty, IsOptional, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { cmdletScript } from './cmdlet-script.js';
import { Cmdlets } from './cmdlets.js';
import { READS } from './declaration.js';
import { IsCount, IsUtc, OrNull } from './fields.js';

/** States as Get-NetTCPConnection names them. */
const TCP_STATES = ['Closed', 'Listen', 'SynSent', 'SynReceived', 'Established', 'FinWait1', 'FinWait2', 'CloseWait', 'Closing', 'LastAck', 'TimeWait', 'DeleteTCB', 'Bound'] as const;
type TcpState = (typeof TCP_STATES)[number];

export class GetNetTcpConnectionInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  @IsOptional() @IsArray() @ArrayMaxSize(13) @IsIn(TCP_STATES, { each: true }) state?: TcpState[];
  @IsOptional() @IsInt() @Min(0) @Max(65_535) local_port?: number;
  @IsOptional() @IsInt() @Min(0) @Max(65_535) remote_port?: number;
  @IsOptional() @IsIP() remote_address?: string;
  @IsOptional() @IsInt() @Min(0) @Max(4_294_967_295) process_id?: number;
  /** Most connections told, 1000 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(5000) limit?: number;
}

class TcpConnectionRow {
  @IsString() local_address!: string;
  @IsInt() @Min(0) @Max(65_535) local_port!: number;
  @IsString() remote_address!: string;
  @IsInt() @Min(0) @Max(65_535) remote_port!: number;
  @IsIn(TCP_STATES) state!: TcpState;
  @IsCount() process_id!: number;
  @OrNull() @IsUtc() created_at!: string | null;
}

export class GetNetTcpConnectionOutput {
  @IsString() host!: string;
  /** Empty when no connection fits. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => TcpConnectionRow) connections!: TcpConnectionRow[];
  /** Connections that fit; more than are listed when `limit` cut the list. */
  @IsCount() total!: number;
}

const GET_NET_TCP_CONNECTION = cmdletScript('Get-NetTCPConnection', '1.0.0', String.raw`
  $found = @(Get-NetTCPConnection | Where-Object {
    (-not $data.state -or $data.state -contains "$($_.State)") -and
    ($null -eq $data.local_port -or $_.LocalPort -eq $data.local_port) -and
    ($null -eq $data.remote_port -or $_.RemotePort -eq $data.remote_port) -and
    ($null -eq $data.remote_address -or "$($_.RemoteAddress)" -eq $data.remote_address) -and
    ($null -eq $data.process_id -or $_.OwningProcess -eq $data.process_id)
  })
  $connections = @($found | Select-Object -First $data.limit | ForEach-Object {
    @{
      local_address = "$($_.LocalAddress)"; local_port = [int]$_.LocalPort; remote_address = "$($_.RemoteAddress)"; remote_port = [int]$_.RemotePort
      state = "$($_.State)"; process_id = [int64]$_.OwningProcess; created_at = Utc $_.CreationTime
    }
  })
  $result = @{ connections = $connections; total = $found.Count }
`);

const DEFAULT_LIMIT = 1000;

@Controller()
export class GetNetTcpConnection {
  constructor(private readonly cmdlets: Cmdlets) {}

  @Tool({
    ...READS,
    name: 'Get-NetTCPConnection',
    version: '1.0.0',
    description: 'Lists the TCP connections and listening ports of a Windows host with their processes, over WinRM.',
    input: GetNetTcpConnectionInput,
    output: GetNetTcpConnectionOutput,
    listOutput: 'connections',
    estimate: { durationMs: 3000 },
    examples: [{ target_host: 'WIN-SQL01', state: ['Listen'] }, { target_host: '10.0.0.5', remote_port: 1433, state: ['Established'] }],
  })
  run({ input, context }: ToolCall<GetNetTcpConnectionInput>): Promise<GetNetTcpConnectionOutput> {
    return this.cmdlets.run(context, { script: GET_NET_TCP_CONNECTION, input: { ...input, limit: input.limit ?? DEFAULT_LIMIT }, output: GetNetTcpConnectionOutput });
  }
}
