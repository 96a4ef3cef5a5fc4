/** Numbers that Windows gives in its WSManFault (wsmerror.h and winerror.h), by name. */
const FAULT_CODES = {
  operationAborted: 995,
  internalError: 1359,
  resourceNotFound: 2150858752,
  invalidAction: 2150858753,
  envelopeTooLarge: 2150858790,
  operationTimeout: 2150858793,
  schemaValidation: 2150858817,
  shellNotFound: 2150858843,
  shellQuota: 2150859173,
  operationQuota: 2150859174,
} as const;

export interface FaultText {
  /** Windows' number. */
  readonly code: number;
  /** Whose mistake it is. */
  readonly role: 'Sender' | 'Receiver';
  /** Qualified name with the prefixes of the answer (`w:`, `a:`). */
  readonly subcode: string;
  readonly message: string;
  /** Last part of the fault detail URI (DSP0226 14.6). */
  readonly detail?: string;
}

/** What the service answers instead of a result, as HTTP 500 (DSP0226 14). */
export class WsmanFault extends Error {
  constructor(readonly fault: FaultText) {
    super(fault.message);
  }
}

const CANNOT = 'The WS-Management service cannot process the request.';

/** The faults of the shell service, worded as Windows words them. */
export const faults = {
  operationTimeout: () => new WsmanFault({ code: FAULT_CODES.operationTimeout, role: 'Receiver', subcode: 'w:TimedOut', message: 'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ' }),
  shellNotFound: (id: string) => new WsmanFault({
    code: FAULT_CODES.shellNotFound, role: 'Sender', subcode: 'w:InvalidSelectors', detail: 'UnexpectedSelectors',
    message: `The request for the Windows Remote Shell with ShellId ${id} failed because the shell was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. Provide the correct ShellId or create a new shell and retry the operation. `,
  }),
  commandNotFound: (id: string) => new WsmanFault({
    code: FAULT_CODES.shellNotFound, role: 'Sender', subcode: 'w:InvalidSelectors', detail: 'UnexpectedSelectors',
    message: `The request for the Windows Remote Shell failed because the command with CommandId ${id} was not found on the server. `,
  }),
  shellQuota: (most: number) => new WsmanFault({
    code: FAULT_CODES.shellQuota, role: 'Receiver', subcode: 'w:QuotaLimit',
    message: `${CANNOT} This user is allowed a maximum number of ${most} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. `,
  }),
  operationQuota: (most: number) => new WsmanFault({
    code: FAULT_CODES.operationQuota, role: 'Receiver', subcode: 'w:QuotaLimit',
    message: `${CANNOT} This user is allowed a maximum number of ${most} concurrent operations, which has been exceeded. Close existing operations for this user, or raise the quota for this user. `,
  }),
  schema: (why: string) => new WsmanFault({ code: FAULT_CODES.schemaValidation, role: 'Sender', subcode: 'w:SchemaValidationError', message: `The SOAP XML in the message does not match the corresponding XML schema definition: ${why}. Change the XML and retry. ` }),
  action: (uri: string) => new WsmanFault({ code: FAULT_CODES.invalidAction, role: 'Sender', subcode: 'a:ActionNotSupported', message: `${CANNOT} The WS-Addressing action URI ${uri} is invalid. ` }),
  resource: (uri: string) => new WsmanFault({ code: FAULT_CODES.resourceNotFound, role: 'Sender', subcode: 'a:DestinationUnreachable', detail: 'InvalidResourceURI', message: `${CANNOT} The service cannot find the resource identified by the resource URI ${uri} and selectors. ` }),
  tooLarge: () => new WsmanFault({ code: FAULT_CODES.envelopeTooLarge, role: 'Sender', subcode: 'w:EncodingLimit', detail: 'MaxEnvelopeSize', message: `${CANNOT} The message is larger than the maximum size allowed. ` }),
  aborted: () => new WsmanFault({ code: FAULT_CODES.operationAborted, role: 'Receiver', subcode: 'w:InternalError', message: 'The I/O operation has been aborted because of either a thread exit or an application request. ' }),
  /** The operating system's own number, for example of CreateProcess. */
  process: (code: number, message: string) => new WsmanFault({ code, role: 'Receiver', subcode: 'w:InternalError', message }),
  internal: (why: string) => new WsmanFault({ code: FAULT_CODES.internalError, role: 'Receiver', subcode: 'w:InternalError', message: `${CANNOT} ${why} ` }),
} as const;
