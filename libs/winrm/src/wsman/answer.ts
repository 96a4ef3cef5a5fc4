import { WinRmError, type WinRmErrorCode, type WsManFault } from '../winrm-error.js';
import { child, parseXml, type XmlElement } from '../xml/document.js';
import { FAULT_CODE, NS } from './names.js';

export type Answer = { readonly kind: 'body'; readonly body: XmlElement } | { readonly kind: 'fault'; readonly fault: WsManFault };

/** Codes of ERROR_WSMAN_QUOTA_* (wsmerror.h), beside the subcode QuotaLimit. */
const QUOTA_CODES: ReadonlySet<number> = new Set([
  2150858815, 2150859173, FAULT_CODE.quotaMaxOperations, 2150859175, 2150859176, 2150859179,
  2150859236, 2150859237, 2150859238, 2150859239, 2150859240, 2150859241, 2150859242,
]);

/** Reads an answer to the message with this id. @throws WinRmError `protocol` */
export function readAnswer(xml: string, messageId: string): Answer {
  const envelope = parseXml(xml);
  const body = child(envelope, NS.soap, 'Body');
  if (envelope.ns !== NS.soap || envelope.name !== 'Envelope' || !body) throw new WinRmError('protocol', 'the answer is not a SOAP 1.2 envelope');
  const header = child(envelope, NS.soap, 'Header');
  const relatesTo = header && child(header, NS.addressing, 'RelatesTo')?.text.trim();
  if (relatesTo && relatesTo.toUpperCase() !== messageId.toUpperCase()) throw new WinRmError('protocol', 'the answer belongs to another request');
  const fault = child(body, NS.soap, 'Fault');
  return fault ? { kind: 'fault', fault: readFault(fault) } : { kind: 'body', body };
}

function readFault(fault: XmlElement): WsManFault {
  const code = child(fault, NS.soap, 'Code');
  const subcode = code && child(code, NS.soap, 'Subcode');
  const reason = child(fault, NS.soap, 'Reason');
  const detail = child(fault, NS.soap, 'Detail');
  const written = detail && child(detail, NS.fault, 'WSManFault')?.attributes['Code'];
  return {
    code: written !== undefined && /^\d{1,10}$/.test(written) ? Number(written) : undefined,
    soapCode: unprefixed(code && child(code, NS.soap, 'Value')?.text),
    subcode: unprefixed(subcode && child(subcode, NS.soap, 'Value')?.text),
    reason: (reason && child(reason, NS.soap, 'Text')?.text.trim()) ?? '',
  };
}

function unprefixed(qualified: string | undefined): string {
  const text = (qualified ?? '').trim();
  return text.slice(text.indexOf(':') + 1);
}

/** The host had nothing to say within the operation's timeout: ask again. */
export function meansAskAgain({ code, subcode }: WsManFault): boolean {
  return code === FAULT_CODE.operationTimedOut || (code === undefined && subcode === 'TimedOut');
}

export function meansStale({ code, subcode }: WsManFault): boolean {
  return code === FAULT_CODE.staleShell || (code === undefined && subcode === 'InvalidSelectors');
}

/** A fault as our error. */
export function faultError(fault: WsManFault): WinRmError {
  const code = faultKind(fault);
  return new WinRmError(code, `the host answered with fault ${fault.code ?? fault.subcode}: ${fault.reason || 'no reason given'}`, { fault });
}

function faultKind(fault: WsManFault): WinRmErrorCode {
  if (meansStale(fault)) return 'shell-stale';
  if (fault.subcode === 'QuotaLimit' || (fault.code !== undefined && QUOTA_CODES.has(fault.code))) return 'quota';
  return 'fault';
}
