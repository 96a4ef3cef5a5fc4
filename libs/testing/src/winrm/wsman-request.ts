import { ACTION, child, childrenOf, CMD_SHELL, NS, parseXml, type XmlElement } from '@opsmesh/winrm/protocol';
import { faults } from './wsman-fault.js';

export type ShellAction = keyof typeof ACTION;
/** What a client can ask of the service. */
export type WsmanAction = ShellAction | 'identify';

export const IDENTITY_NS = 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd';

/** What every request but Identify says in its header. */
interface Header {
  readonly messageId: string;
  /** In milliseconds; how long the service may take to answer. */
  readonly operationTimeoutMs: number;
  /** Largest answer the client takes, in bytes; undefined when it does not say. */
  readonly maxEnvelopeSize: number | undefined;
  /** By name, for example WINRS_SKIP_CMD_SHELL. */
  readonly options: Readonly<Record<string, string>>;
}

interface StreamPart {
  readonly name: string;
  readonly bytes: Buffer;
  readonly end: boolean;
}

/** A request as the service understands it (MS-WSMV 3.1.4). */
export type WsmanRequest =
  | { readonly action: 'identify' }
  | Header & { readonly action: 'create'; readonly environment: Readonly<Record<string, string>>; readonly workingDirectory: string | undefined }
  | Header & { readonly action: 'delete'; readonly shellId: string }
  | Header & { readonly action: 'command'; readonly shellId: string; readonly commandId: string | undefined; readonly command: string; readonly arguments: readonly string[] }
  | Header & { readonly action: 'send'; readonly shellId: string; readonly commandId: string; readonly streams: readonly StreamPart[] }
  | Header & { readonly action: 'receive'; readonly shellId: string; readonly commandId: string }
  | Header & { readonly action: 'signal'; readonly shellId: string; readonly commandId: string; readonly code: string };

/** MaxTimeoutms of Windows (`winrm get winrm/config`): what counts when the client says nothing. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** The message id to answer to, when there is one; for faults of messages that cannot be read further. */
export function messageIdOf(envelope: XmlElement): string | undefined {
  return at(envelope, NS.soap, 'Header', NS.addressing, 'MessageID')?.text.trim();
}

/** @throws WsmanFault when the text is no envelope */
export function readEnvelope(text: string): XmlElement {
  const root = parsed(text);
  if (root.ns !== NS.soap || root.name !== 'Envelope') throw faults.schema('the document is no SOAP 1.2 envelope');
  return root;
}

function parsed(text: string): XmlElement {
  try {
    return parseXml(text);
  } catch (error) {
    throw faults.schema(error instanceof Error ? error.message : String(error));
  }
}

/** The element at a path of names and their namespaces; undefined when a part of it is missing. */
function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  const [ns, name, ...rest] = path;
  if (element === undefined || ns === undefined || name === undefined) return element;
  return at(child(element, ns, name), ...rest);
}

function all(element: XmlElement | undefined, ns: string, name: string): readonly XmlElement[] {
  return element ? childrenOf(element, ns, name) : [];
}

/** @throws WsmanFault naming what is missing or unknown */
export function readRequest(envelope: XmlElement): WsmanRequest {
  const soapHeader = at(envelope, NS.soap, 'Header');
  const body = at(envelope, NS.soap, 'Body');
  if (at(body, IDENTITY_NS, 'Identify')) return { action: 'identify' };
  const uri = required(at(soapHeader, NS.addressing, 'Action'), 'Action').text.trim();
  const action = (Object.keys(ACTION) as ShellAction[]).find((a) => ACTION[a] === uri);
  if (action === undefined) throw faults.action(uri);
  const resource = required(at(soapHeader, NS.wsman, 'ResourceURI'), 'ResourceURI').text.trim();
  if (resource !== CMD_SHELL) throw faults.resource(resource);
  required(at(soapHeader, NS.addressing, 'ReplyTo', NS.addressing, 'Address'), 'ReplyTo');
  const header: Header = {
    messageId: required(at(soapHeader, NS.addressing, 'MessageID'), 'MessageID').text.trim(),
    operationTimeoutMs: durationMs(at(soapHeader, NS.wsman, 'OperationTimeout')?.text.trim()),
    maxEnvelopeSize: numberOf(at(soapHeader, NS.wsman, 'MaxEnvelopeSize')?.text.trim()),
    options: Object.fromEntries(all(at(soapHeader, NS.wsman, 'OptionSet'), NS.wsman, 'Option').map((o) => [o.attributes['Name'] ?? '', o.text.trim()])),
  };
  const shellId = () => required(all(at(soapHeader, NS.wsman, 'SelectorSet'), NS.wsman, 'Selector').find((s) => s.attributes['Name'] === 'ShellId'), 'the selector ShellId').text.trim();
  switch (action) {
    case 'create': {
      const shell = required(at(body, NS.shell, 'Shell'), 'Shell');
      return {
        ...header, action,
        environment: Object.fromEntries(all(at(shell, NS.shell, 'Environment'), NS.shell, 'Variable').map((v) => [v.attributes['Name'] ?? '', v.text])),
        workingDirectory: at(shell, NS.shell, 'WorkingDirectory')?.text,
      };
    }
    case 'delete':
      return { ...header, action, shellId: shellId() };
    case 'command': {
      const line = required(at(body, NS.shell, 'CommandLine'), 'CommandLine');
      return {
        ...header, action, shellId: shellId(), commandId: line.attributes['CommandId'],
        command: required(at(line, NS.shell, 'Command'), 'Command').text,
        arguments: all(line, NS.shell, 'Arguments').map((a) => a.text),
      };
    }
    case 'send': {
      const streams = all(required(at(body, NS.shell, 'Send'), 'Send'), NS.shell, 'Stream');
      return {
        ...header, action, shellId: shellId(), commandId: commandIdOf(streams[0]),
        streams: streams.map((s) => ({ name: s.attributes['Name'] ?? '', bytes: Buffer.from(s.text, 'base64'), end: isTrue(s.attributes['End']) })),
      };
    }
    case 'receive': {
      const desired = at(body, NS.shell, 'Receive', NS.shell, 'DesiredStream');
      return { ...header, action, shellId: shellId(), commandId: commandIdOf(desired) };
    }
    case 'signal': {
      const signal = at(body, NS.shell, 'Signal');
      return { ...header, action, shellId: shellId(), commandId: commandIdOf(signal), code: required(at(signal, NS.shell, 'Code'), 'Code').text.trim() };
    }
  }
}

function required<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw faults.schema(`${what} is missing`);
  return found;
}

function commandIdOf(element: XmlElement | undefined): string {
  return required(element?.attributes['CommandId'], 'CommandId');
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1' || text === 'TRUE';
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** xs:duration without years and months, in milliseconds. */
function durationMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  const m = DURATION.exec(text);
  if (!m) throw faults.schema(`OperationTimeout ${text} is no duration`);
  const [days, hours, minutes, seconds] = m.slice(1).map((n) => Number(n ?? 0)) as [number, number, number, number];
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
