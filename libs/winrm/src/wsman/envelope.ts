import { randomUUID } from 'node:crypto';
import { escapeXml } from '../xml/document.js';
import { type Action, CMD_SHELL, NS } from './names.js';

/** What all requests of a connection have in common. */
export interface EnvelopeFrame {
  /** URL of the listener. */
  readonly to: string;
  readonly maxEnvelopeBytes: number;
  readonly operationTimeoutMs: number;
}

export interface EnvelopeContent {
  readonly action: Action;
  readonly shellId?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** XML of the body's content; its prefix `rsp` is declared. */
  readonly body?: string;
}

export interface Envelope {
  readonly messageId: string;
  readonly xml: string;
}

/** `xsd:duration` of some milliseconds. */
export function duration(milliseconds: number): string {
  return `PT${(milliseconds / 1000).toFixed(3)}S`;
}

/** A request for a command shell (MS-WSMV 3.1.4), with a message id of its own. */
export function buildEnvelope(frame: EnvelopeFrame, { action, shellId, options = {}, body = '' }: EnvelopeContent): Envelope {
  const messageId = `uuid:${randomUUID().toUpperCase()}`;
  const selectors = shellId === undefined ? '' : `<w:SelectorSet><w:Selector Name="ShellId">${escapeXml(shellId)}</w:Selector></w:SelectorSet>`;
  const set = Object.entries(options).map(([name, value]) => `<w:Option Name="${name}">${escapeXml(value)}</w:Option>`).join('');
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:w="${NS.wsman}" xmlns:p="${NS.microsoft}" xmlns:rsp="${NS.shell}">`,
    '<s:Header>',
    `<a:To>${escapeXml(frame.to)}</a:To>`,
    `<a:ReplyTo><a:Address s:mustUnderstand="true">${NS.addressing}/role/anonymous</a:Address></a:ReplyTo>`,
    `<a:MessageID>${messageId}</a:MessageID>`,
    `<a:Action s:mustUnderstand="true">${action}</a:Action>`,
    `<w:ResourceURI s:mustUnderstand="true">${CMD_SHELL}</w:ResourceURI>`,
    `<w:MaxEnvelopeSize s:mustUnderstand="true">${frame.maxEnvelopeBytes}</w:MaxEnvelopeSize>`,
    `<w:OperationTimeout>${duration(frame.operationTimeoutMs)}</w:OperationTimeout>`,
    '<w:Locale xml:lang="en-US" s:mustUnderstand="false"/><p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>',
    selectors,
    set === '' ? '' : `<w:OptionSet>${set}</w:OptionSet>`,
    `</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  ].join('');
  return { messageId, xml };
}
