import type { ConnectOptions } from '../connect-options.js';
import { authority, DEFAULT_ENVELOPE_BYTES, type Exchange, type Wire } from '../transport/wire.js';
import type { XmlElement } from '../xml/document.js';
import { type Answer, faultError, readAnswer } from './answer.js';
import { buildEnvelope, type EnvelopeContent, type EnvelopeFrame } from './envelope.js';

const DEFAULT_OPERATION_TIMEOUT_MS = 20_000;
/** How much longer than the operation's timeout the host may take to answer. */
const GRACE_MS = 10_000;

/** Sends requests over wires of one connection. */
export class Requests {
  private readonly frame: EnvelopeFrame;

  constructor(options: ConnectOptions) {
    this.frame = {
      to: `${options.transport ?? 'https'}://${authority(options)}/wsman`,
      maxEnvelopeBytes: options.maxEnvelopeBytes ?? DEFAULT_ENVELOPE_BYTES,
      operationTimeoutMs: options.operationTimeoutMs ?? DEFAULT_OPERATION_TIMEOUT_MS,
    };
  }

  /** The answer, which may be a fault. @throws WinRmError `connection-lost`, `protocol`; the signal's reason when it is aborted. */
  async ask(wire: Wire, content: EnvelopeContent, { signal, timeoutMs }: Partial<Exchange> = {}): Promise<Answer> {
    const { messageId, xml } = buildEnvelope(this.frame, content);
    const answer = await wire.exchange(xml, { signal, timeoutMs: timeoutMs ?? this.frame.operationTimeoutMs + GRACE_MS });
    return readAnswer(answer, messageId);
  }

  /** The body of the answer. @throws WinRmError also for a fault. */
  async do(wire: Wire, content: EnvelopeContent, exchange: Partial<Exchange> = {}): Promise<XmlElement> {
    const answer = await this.ask(wire, content, exchange);
    if (answer.kind === 'fault') throw faultError(answer.fault);
    return answer.body;
  }
}
