import { faultError, meansAskAgain, meansStale, readAnswer } from './answer.js';
import { readCommandId, readReceived, readShellId } from './answer-bodies.js';

// Answers in the shape that real hosts gave to others, as recordings of public clients and the examples of MS-WSMV section 4 show it: indented by
// whoever recorded them, with prefixes, declarations and an order of attributes of their own, and written out here without any of our constants.

const ID = 'uuid:11111111-1111-1111-1111-111111111111';
const COMMAND = '11111111-1111-1111-1111-111111111114';

function answer(action: string, body: string) {
  return readAnswer(`<?xml version="1.0" ?>
<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"
    xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
    xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">
  <s:Header>
    <a:Action>${action}</a:Action>
    <a:MessageID>uuid:11111111-1111-1111-1111-111111111112</a:MessageID>
    <p:OperationID>uuid:00000000-0000-0000-0000-000000000000</p:OperationID>
    <p:SequenceId>1</p:SequenceId>
    <a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
    <a:RelatesTo>${ID}</a:RelatesTo>
  </s:Header>
  ${body}
</s:Envelope>
`, ID);
}

function bodyOf(action: string, body: string) {
  const read = answer(`http://schemas.microsoft.com/wbem/wsman/1/windows/shell/${action}Response`, body);
  if (read.kind === 'fault') throw faultError(read.fault);
  return read.body;
}

it('Create: older hosts name the shell in the reference to it only', () => {
  const created = `<s:Body>
    <x:ResourceCreated>
      <a:Address>http://windows-host:5985/wsman</a:Address>
      <a:ReferenceParameters>
        <w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI>
        <w:SelectorSet>
          <w:Selector Name="ShellId">11111111-1111-1111-1111-111111111113</w:Selector>
        </w:SelectorSet>
      </a:ReferenceParameters>
    </x:ResourceCreated>
  </s:Body>`;
  expect(readShellId(bodyOf('Create', created))).toBe('11111111-1111-1111-1111-111111111113');
});

it('Command, Signal and Delete', () => {
  expect(readCommandId(bodyOf('Command', `<s:Body>\n    <rsp:CommandResponse>\n      <rsp:CommandId>${COMMAND}</rsp:CommandId>\n    </rsp:CommandResponse>\n  </s:Body>`))).toBe(COMMAND);
  expect(answer('Signal', '<s:Body>\n    <rsp:SignalResponse/>\n  </s:Body>').kind).toBe('body');
  expect(answer('Delete', '<s:Body/>').kind).toBe('body');
});

it('Receive: several pieces of both streams, their ends and the exit code', () => {
  const { chunks, exitCode } = readReceived(bodyOf('Receive', `<s:Body>
    <rsp:ReceiveResponse>
      <rsp:Stream CommandId="${COMMAND}" Name="stdout">DQpXaW5kb3dzIElQ</rsp:Stream>
      <rsp:Stream CommandId="${COMMAND}" Name="stdout">IENvbmZpZ3VyYXRpb24NCg==</rsp:Stream>
      <rsp:Stream CommandId="${COMMAND}" Name="stderr">b29wcw==</rsp:Stream>
      <rsp:Stream CommandId="${COMMAND}" End="true" Name="stdout"/>
      <rsp:Stream CommandId="${COMMAND}" End="true" Name="stderr"></rsp:Stream>
      <rsp:CommandState CommandId="${COMMAND}" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done">
        <rsp:ExitCode>0</rsp:ExitCode>
      </rsp:CommandState>
    </rsp:ReceiveResponse>
  </s:Body>`), COMMAND);
  const text = (name: string): string => Buffer.concat(chunks.filter(({ stream }) => stream === name).map(({ bytes }) => bytes)).toString();
  expect([text('stdout'), text('stderr'), exitCode]).toEqual(['\r\nWindows IP Configuration\r\n', 'oops', 0]);
});

it.each([
  ['Receiver', 'w:TimedOut', '2150858793', 'The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ', 'fault', { askAgain: true, stale: false }],
  ['Sender', 'w:InvalidSelectors', '2150858843', 'The request for the Windows Remote Shell with ShellId X failed because the shell was not found on the server.', 'shell-stale', { askAgain: false, stale: true }],
  ['Receiver', 'w:QuotaLimit', '2150859174', 'The WS-Management service cannot process the request. This user is allowed a maximum number of 1500 concurrent operations, which has been exceeded.', 'quota', { askAgain: false, stale: false }],
  ['Sender', 'w:AccessDenied', '5', 'Access is denied. ', 'fault', { askAgain: false, stale: false }],
])('a fault of the %s, %s, keeps its code and its words', (role, subcode, code, message, kind, { askAgain, stale }) => {
  const read = answer('http://schemas.dmtf.org/wbem/wsman/1/wsman/fault', `<s:Body>
    <s:Fault>
      <s:Code>
        <s:Value>s:${role}</s:Value>
        <s:Subcode>
          <s:Value>${subcode}</s:Value>
        </s:Subcode>
      </s:Code>
      <s:Reason>
        <s:Text xml:lang="en-US">${message}</s:Text>
      </s:Reason>
      <s:Detail>
        <w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>
        <f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="${code}" Machine="windows-host"><f:Message>${message}</f:Message></f:WSManFault>
      </s:Detail>
    </s:Fault>
  </s:Body>`);
  if (read.kind !== 'fault') throw new Error('no fault was read');
  expect(read.fault).toEqual({ code: Number(code), soapCode: role, subcode: subcode.slice(2), reason: message.trim() });
  expect([faultError(read.fault).code, meansAskAgain(read.fault), meansStale(read.fault)]).toEqual([kind, askAgain, stale]);
});
