import { randomUUID } from 'node:crypto';
import { ACTION, CMD_SHELL, COMMAND_STATE, escapeXml, NS } from '@opsmesh/winrm/protocol';
import type { FaultText } from './wsman-fault.js';
import { IDENTITY_NS, type ShellAction } from './wsman-request.js';

/** One piece of output in an answer to Receive. */
export interface OutputPart {
  readonly name: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

export interface CommandState {
  readonly commandId: string;
  /** Undefined while the command runs. */
  readonly exitCode: number | undefined;
}

const ANONYMOUS = `${NS.addressing}/role/anonymous`;
const NAMESPACES = `xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="${NS.wsman}" xmlns:rsp="${NS.shell}"`;
const FAULT_ACTION = `${NS.wsman.replace(/\.xsd$/, '')}/fault`;

function envelope(action: string, relatesTo: string | undefined, body: string): string {
  const relates = relatesTo === undefined ? '' : `<a:RelatesTo>${escapeXml(relatesTo)}</a:RelatesTo>`;
  return `<s:Envelope xml:lang="en-US" ${NAMESPACES}><s:Header><a:Action>${escapeXml(action)}</a:Action><a:MessageID>uuid:${randomUUID().toUpperCase()}</a:MessageID>`
    + `<a:To>${ANONYMOUS}</a:To>${relates}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

const answer = (action: ShellAction, relatesTo: string, body = '') => envelope(`${ACTION[action]}Response`, relatesTo, body);

/** What the service says of itself; answered without authentication when asked so (DSP0226 11). */
export function identified(): string {
  return `<s:Envelope xml:lang="en-US" xmlns:s="${NS.soap}"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="${IDENTITY_NS}"><wsmid:ProtocolVersion>${NS.wsman}</wsmid:ProtocolVersion>`
    + '<wsmid:ProductVendor>opsmesh</wsmid:ProductVendor><wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0 (simulated Windows)</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>';
}

export function shellCreated(relatesTo: string, shell: { readonly id: string; readonly owner: string; readonly clientIp: string; readonly url: string }): string {
  return answer('create', relatesTo,
    `<x:ResourceCreated><a:Address>${escapeXml(shell.url)}</a:Address><a:ReferenceParameters><w:ResourceURI>${CMD_SHELL}</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">${shell.id}</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`
    + `<rsp:Shell><rsp:ShellId>${shell.id}</rsp:ShellId><rsp:ResourceUri>${CMD_SHELL}</rsp:ResourceUri><rsp:Owner>${escapeXml(shell.owner)}</rsp:Owner><rsp:ClientIP>${escapeXml(shell.clientIp)}</rsp:ClientIP>`
    + '<rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell>');
}

export const shellDeleted = (relatesTo: string): string => answer('delete', relatesTo);
export const signalled = (relatesTo: string): string => answer('signal', relatesTo, '<rsp:SignalResponse/>');
export const sent = (relatesTo: string): string => answer('send', relatesTo, '<rsp:SendResponse/>');

export function commandStarted(relatesTo: string, commandId: string): string {
  return answer('command', relatesTo, `<rsp:CommandResponse><rsp:CommandId>${escapeXml(commandId)}</rsp:CommandId></rsp:CommandResponse>`);
}

/** Output, and once it is all told the end of both streams with the exit code. */
export function received(relatesTo: string, parts: readonly OutputPart[], { commandId, exitCode }: CommandState): string {
  const id = escapeXml(commandId);
  const output = parts.map((p) => `<rsp:Stream Name="${p.name}" CommandId="${id}">${p.bytes.toString('base64')}</rsp:Stream>`).join('');
  const end = exitCode === undefined
    ? `<rsp:CommandState CommandId="${id}" State="${COMMAND_STATE.running}"/>`
    : ['stdout', 'stderr'].map((name) => `<rsp:Stream Name="${name}" CommandId="${id}" End="true"></rsp:Stream>`).join('') + `<rsp:CommandState CommandId="${id}" State="${COMMAND_STATE.done}"><rsp:ExitCode>${exitCode}</rsp:ExitCode></rsp:CommandState>`;
  return answer('receive', relatesTo, `<rsp:ReceiveResponse>${output}${end}</rsp:ReceiveResponse>`);
}

export function faulted(relatesTo: string | undefined, fault: FaultText, machine: string): string {
  const message = escapeXml(fault.message);
  const detail = fault.detail === undefined ? '' : `<w:FaultDetail>${FAULT_ACTION}Detail/${fault.detail}</w:FaultDetail>`;
  return envelope(FAULT_ACTION, relatesTo, `<s:Fault><s:Code><s:Value>s:${fault.role}</s:Value><s:Subcode><s:Value>${fault.subcode}</s:Value></s:Subcode></s:Code>`
    + `<s:Reason><s:Text xml:lang="en-US">${message}</s:Text></s:Reason><s:Detail>${detail}<f:WSManFault xmlns:f="${NS.fault}" Code="${fault.code}" Machine="${escapeXml(machine)}"><f:Message>${message}</f:Message></f:WSManFault></s:Detail></s:Fault>`);
}
