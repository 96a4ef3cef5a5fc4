import { NS, FAULT_CODE, COMMAND_STATE } from './names.js';
import { faultError, meansAskAgain, readAnswer } from './answer.js';
import { readCommandId, readReceived, readShellId } from './answer-bodies.js';
import { deleteShell, createShell, startCommand } from './bodies.js';
import { buildEnvelope } from './envelope.js';
import { parseXml, type XmlElement } from '../xml/document.js';

const ID = 'uuid:1';
const envelope = (body: string, relatesTo = ID): string => `<s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:r="${NS.shell}" xmlns:w="${NS.wsman}">`
  + `<s:Header><a:RelatesTo>${relatesTo}</a:RelatesTo></s:Header><s:Body>${body}</s:Body></s:Envelope>`;
const fault = (code: string, subcode: string): string => envelope(`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:${subcode}</s:Value></s:Subcode></s:Code>`
  + `<s:Reason><s:Text xml:lang="de-DE">Grund</s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="${NS.fault}" Code="${code}" Machine="h"><f:Message>m</f:Message></f:WSManFault></s:Detail></s:Fault>`);

function bodyOf(xml: string): XmlElement {
  const answer = readAnswer(xml, ID);
  if (answer.kind === 'fault') throw faultError(answer.fault);
  return answer.body;
}

it.each([
  ['2150858793', 'TimedOut', 'fault', true],
  ['2150858843', 'InvalidSelectors', 'shell-stale', false],
  ['2150859174', 'QuotaLimit', 'quota', false],
  ['2150859173', 'InternalError', 'quota', false],
  ['5', 'AccessDenied', 'fault', false],
])('fault %s %s becomes %s', (code, subcode, kind, again) => {
  const answer = readAnswer(fault(code, subcode), ID);
  if (answer.kind !== 'fault') throw new Error('no fault');
  expect(answer.fault).toEqual({ code: Number(code), soapCode: 'Sender', subcode, reason: 'Grund' });
  expect(meansAskAgain(answer.fault)).toBe(again);
  expect(faultError(answer.fault)).toMatchObject({ code: kind, fault: answer.fault });
});

it('a fault without detail is judged by its subcode', () => {
  const bare = (subcode: string): string => fault('x', subcode);
  const read = (xml: string) => {
    const answer = readAnswer(xml, ID);
    return answer.kind === 'fault' ? answer.fault : undefined;
  };
  expect(read(bare('TimedOut'))).toMatchObject({ code: undefined, subcode: 'TimedOut' });
  expect(meansAskAgain(read(bare('TimedOut'))!)).toBe(true);
  expect(faultError(read(bare('InvalidSelectors'))!).code).toBe('shell-stale');
  expect(faultError(read(bare('QuotaLimit'))!).code).toBe('quota');
});

it('an answer to another message is refused', () => {
  expect(() => readAnswer(envelope('<r:x/>', 'uuid:2'), ID)).toThrow(/another request/);
  expect(readAnswer(envelope('<r:x/>', 'UUID:1'), ID).kind).toBe('body');
});

it.each(['<a/>', `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>`])('%s is no SOAP 1.2', (xml) => {
  expect(() => readAnswer(xml, ID)).toThrow(expect.objectContaining({ code: 'protocol' }));
});

it('ids are text and found by namespace', () => {
  expect(readShellId(bodyOf(envelope('<r:Shell><r:ShellId>00042</r:ShellId></r:Shell>')))).toBe('00042');
  expect(readShellId(bodyOf(envelope('<x><w:SelectorSet><w:Selector Name="ShellId">ABC</w:Selector></w:SelectorSet></x>')))).toBe('ABC');
  expect(readCommandId(bodyOf(envelope('<r:CommandResponse><r:CommandId>1e3</r:CommandId></r:CommandResponse>')))).toBe('1e3');
  expect(() => readShellId(bodyOf(envelope('<Shell><ShellId>1</ShellId></Shell>')))).toThrow(/named no shell/);
  expect(() => readCommandId(bodyOf(envelope('<r:CommandResponse/>')))).toThrow(/named no command/);
});

describe('Receive', () => {
  const received = (inner: string) => readReceived(bodyOf(envelope(`<r:ReceiveResponse>${inner}</r:ReceiveResponse>`)), 'c1');

  it('gives chunks in order, of this command only, and empty ones for End', () => {
    const { chunks, exitCode } = received('<r:Stream Name="stdout" CommandId="C1">YQ==</r:Stream><r:Stream Name="stderr" CommandId="c1">Yg==</r:Stream>'
      + '<r:Stream Name="stdout" CommandId="other">Yw==</r:Stream><r:Stream Name="stdout" CommandId="c1" End="true"/>');
    expect(chunks.map(({ stream, bytes }) => [stream, bytes.toString()])).toEqual([['stdout', 'a'], ['stderr', 'b'], ['stdout', '']]);
    expect(exitCode).toBeUndefined();
  });

  it('takes what names no command as of the one that was asked about', () => {
    const { chunks, exitCode } = received(`<r:Stream Name="stdout">YQ==</r:Stream><r:CommandState State="${COMMAND_STATE.done}"><r:ExitCode>3</r:ExitCode></r:CommandState>`);
    expect([chunks.map(({ bytes }) => bytes.toString()), exitCode]).toEqual([['a'], 3]);
  });

  it.each([
    ['is cut', 'YWJ', /not base64/], ['has other characters', 'YW!=', /not base64/], ['goes on after its end', 'YQ==YQ==', /not base64/], ['ends in the middle of a byte', 'YR==', /not base64/],
  ])('refuses output whose base64 %s', (_what, text, why) => {
    expect(() => received(`<r:Stream Name="stdout" CommandId="c1">${text}</r:Stream>`)).toThrow(why);
  });

  it('reads base64 in lines', () => {
    expect(received('<r:Stream Name="stdout" CommandId="c1">\r\n  YWJj\r\n  ZGVm\r\n</r:Stream>').chunks[0]!.bytes.toString()).toBe('abcdef');
  });

  it.each(['', ' Name="pr"'])('refuses output of the stream%s', (name) => {
    expect(() => received(`<r:Stream${name} CommandId="c1">YQ==</r:Stream>`)).toThrow(/nobody asked for/);
  });

  it.each([['0', 0], ['-2147483648', 2147483648], ['4294967295', 4294967295], ['3', 3], ['-1073741510', 3221225786], ['3221225786', 3221225786]])('exit code %s', (text, expected) => {
    expect(received(`<r:CommandState CommandId="c1" State="${COMMAND_STATE.done}"><r:ExitCode>${text}</r:ExitCode></r:CommandState>`).exitCode).toBe(expected);
  });

  it.each(['', 'zero', '1.5'])('done with exit code %j is a protocol error, never success', (text) => {
    expect(() => received(`<r:CommandState CommandId="c1" State="${COMMAND_STATE.done}"><r:ExitCode>${text}</r:ExitCode></r:CommandState>`)).toThrow(/without an exit code/);
    expect(() => received(`<r:CommandState CommandId="c1" State="${COMMAND_STATE.done}"/>`)).toThrow(/without an exit code/);
  });

  it.each(['4294967296', '-2147483649', '9999999999'])('done with exit code %s, which is none of 32 bits, is a protocol error, never success', (text) => {
    expect(() => received(`<r:CommandState CommandId="c1" State="${COMMAND_STATE.done}"><r:ExitCode>${text}</r:ExitCode></r:CommandState>`)).toThrow(/32 bits/);
  });

  it('a command that runs has no exit code, even when one is given', () => {
    expect(received(`<r:CommandState CommandId="c1" State="${COMMAND_STATE.running}"><r:ExitCode>0</r:ExitCode></r:CommandState>`).exitCode).toBeUndefined();
  });
});

describe('requests', () => {
  const frame = { to: 'http://h:5985/wsman', maxEnvelopeBytes: 512_000, operationTimeoutMs: 20_000 };

  it('each has a message id of its own', () => {
    const ids = Array.from({ length: 100 }, () => buildEnvelope(frame, deleteShell('s')).messageId);
    expect(new Set(ids).size).toBe(100);
  });

  it('a shell asks for UTF-8 and no profile, and keeps names and values as they are', () => {
    const xml = parseXml(buildEnvelope(frame, createShell({ env: { 'A&B': '<"\u{1F600}">' }, workingDirectory: 'C:\\x y', idleTimeoutMs: 90_000 })).xml);
    const all = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(all)];
    const options = all(xml).filter(({ name }) => name === 'Option').map(({ attributes, text }) => [attributes['Name'], text]);
    expect(options).toEqual([['WINRS_NOPROFILE', 'TRUE'], ['WINRS_CODEPAGE', '65001']]);
    expect(all(xml).find(({ name }) => name === 'Variable')).toMatchObject({ attributes: { Name: 'A&B' }, text: '<"\u{1F600}">' });
    expect(all(xml).find(({ name }) => name === 'IdleTimeOut')?.text).toBe('PT90.000S');
    expect(all(xml).find(({ name }) => name === 'OperationTimeout')?.text).toBe('PT20.000S');
  });

  it('text that XML cannot hold is refused before anything is sent', () => {
    expect(() => startCommand({ shellId: 's', commandLine: 'a\u0001', arguments: [], skipCmdShell: false, pipesStdin: false })).toThrow(RangeError);
  });

  it('knows the codes that decide', () => {
    expect(FAULT_CODE).toEqual({ operationTimedOut: 0x80338029, staleShell: 0x8033805b, quotaMaxOperations: 0x803381a6 });
  });
});
