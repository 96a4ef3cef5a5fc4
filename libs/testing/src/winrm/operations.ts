import type { WindowsFaults } from './host-faults.js';
import type { ShellService, ShellSettings } from './shell-service.js';
import type { ProgramHost } from './simulated-powershell.js';
import { programOf } from './command-line.js';
import * as answers from './wsman-answer.js';
import { faults } from './wsman-fault.js';
import type { WsmanRequest } from './wsman-request.js';

export interface OperationSurroundings extends Omit<ProgramHost, keyof ShellSettings> {
  readonly shells: ShellService;
  readonly faults: WindowsFaults;
  readonly maxEnvelopeSize: number;
  readonly chunkBytes: number;
  readonly url: string;
}

export interface Caller {
  readonly user: string;
  readonly clientIp: string;
  /** Aborted when the caller's connection is closed. */
  readonly gone: AbortSignal;
}

/** Room an answer to Receive needs besides its output, and for the element around each piece, in bytes. */
const ENVELOPE_BYTES = 2048;
const PIECE_BYTES = 128;
/** Largest MaxEnvelopeSize is not less than this (MS-WSMV 2.2.4.22). */
const MIN_ENVELOPE_BYTES = 8192;

/**
 * Carries out one request.
 * @throws WsmanFault
 */
export async function perform(request: WsmanRequest, caller: Caller, host: OperationSurroundings): Promise<string> {
  if (request.action === 'identify') return answers.identified();
  const { messageId } = request;
  const { shells } = host;
  if (host.faults.failOn?.includes(request.action)) throw faults.internal('It was made to fail.');
  if (host.faults.quota === 'operations' && (request.action === 'create' || request.action === 'command')) throw faults.operationQuota(1500);
  if (host.faults.quota === 'shells' && request.action === 'create') throw faults.shellQuota(30);
  if (host.faults.staleShell && request.action !== 'create') throw faults.shellNotFound(request.shellId);
  switch (request.action) {
    case 'create':
      return answers.shellCreated(messageId, { id: shells.create(caller.user, request), owner: caller.user, clientIp: caller.clientIp, url: host.url });
    case 'delete':
      shells.delete(caller.user, request.shellId);
      return answers.shellDeleted(messageId);
    case 'command': {
      const line = [request.command, ...request.arguments].join(' ');
      const program = programOf(line, request.options['WINRS_SKIP_CMD_SHELL']?.toUpperCase() === 'TRUE', { ...host, ...shells.settings(caller.user, request.shellId) });
      return answers.commandStarted(messageId, shells.start(caller.user, request.shellId, { commandId: request.commandId, line, program }));
    }
    case 'send': {
      const command = shells.command(caller.user, request.shellId, request.commandId);
      for (const s of request.streams) command.feed(s.bytes, s.end);
      return answers.sent(messageId);
    }
    case 'receive':
      return receive(request, caller, host);
    case 'signal':
      if (/\/signal\/terminate$/i.test(request.code)) shells.terminate(caller.user, request.shellId, request.commandId);
      else if (/\/signal\/ctrl_(c|break)$/i.test(request.code)) shells.command(caller.user, request.shellId, request.commandId).stop('interrupted');
      return answers.signalled(messageId);
  }
}

async function receive(request: Extract<WsmanRequest, { action: 'receive' }>, caller: Caller, { shells, faults: switched, ...limits }: OperationSurroundings): Promise<string> {
  const command = shells.command(caller.user, request.shellId, request.commandId);
  const there = await command.news(Math.min(request.operationTimeoutMs, switched.operationTimeoutMs ?? Infinity), caller.gone);
  if (!there) throw faults.operationTimeout();
  // Ended by another request while this one waited.
  const { end } = command.record;
  if (end !== undefined && end !== 'exited' && end !== 'interrupted') throw faults.aborted();
  const largest = Math.max(MIN_ENVELOPE_BYTES, Math.min(limits.maxEnvelopeSize, request.maxEnvelopeSize ?? Infinity));
  const perPiece = limits.chunkBytes;
  const overhead = 1 + PIECE_BYTES / Math.max(1, perPiece * 4 / 3);
  const budget = Math.max(1, Math.floor((largest - ENVELOPE_BYTES) * 3 / 4 / overhead));
  const parts = command.take(budget, perPiece);
  return answers.received(request.messageId, parts, { commandId: request.commandId, exitCode: command.finalCode });
}
