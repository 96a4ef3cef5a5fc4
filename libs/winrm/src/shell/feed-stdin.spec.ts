import type { Wire } from '../transport/wire.js';
import type { Answer } from '../wsman/answer.js';
import type { EnvelopeContent } from '../wsman/envelope.js';
import { parseXml } from '../xml/document.js';
import { feedStdin } from './feed-stdin.js';

const TAKEN: Answer = { kind: 'body', body: parseXml('<SendResponse/>') };
const fault = (code: number | undefined, subcode = ''): Answer => ({ kind: 'fault', fault: { code, subcode, soapCode: 'Receiver', reason: '' } });

/** A host that answers Send after Send with these, then takes everything. */
function feed(input: Buffer, answers: Answer[], signal = new AbortController().signal): { done: Promise<void>; sent: { bytes: Buffer; isEnd: boolean }[] } {
  const sent: { bytes: Buffer; isEnd: boolean }[] = [];
  const ask = (_wire: Wire, { body = '' }: EnvelopeContent): Promise<Answer> => {
    const stream = /<rsp:Stream Name="stdin" CommandId="c"( End="true")?>([^<]*)</.exec(body);
    sent.push({ bytes: Buffer.from(stream?.[2] ?? '', 'base64'), isEnd: stream?.[1] !== undefined });
    return Promise.resolve(answers.shift() ?? TAKEN);
  };
  return { sent, done: feedStdin({ requests: { ask }, wire: undefined as unknown as Wire, command: { shellId: 's', commandId: 'c' }, input, signal }) };
}

it.each([0, 1, 65_536, 65_537, 200_000])('%i bytes arrive in order, and only the last piece says so', async (size) => {
  const input = Buffer.alloc(size, 'abcdefg');
  const { sent, done } = feed(input, []);
  await done;
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).equals(input)).toBe(true);
  expect(sent.map(({ isEnd }) => isEnd)).toEqual(sent.map((_, index) => index === sent.length - 1));
});

it('an operation timeout means that the piece is being written: it is not sent again', async () => {
  const { sent, done } = feed(Buffer.alloc(100_000), [fault(2150858793)]);
  await done;
  expect(sent.map(({ bytes }) => bytes.length)).toEqual([65_536, 34_464]);
});

it('a busy host gets the same piece again', async () => {
  const { sent, done } = feed(Buffer.from('x'), [fault(170)]);
  await done;
  expect(sent.map(({ bytes }) => bytes.toString())).toEqual(['x', 'x']);
});

it.each([[2147942509], [2147942632], [2150858843]])('a program that reads no more (%i) is no failure', async (code) => {
  const { sent, done } = feed(Buffer.alloc(200_000), [fault(code)]);
  await done;
  expect(sent).toHaveLength(1);
});

it('any other fault is one', async () => {
  await expect(feed(Buffer.alloc(1), [fault(5, 'AccessDenied')]).done).rejects.toMatchObject({ code: 'fault', fault: { code: 5 } });
});

it('a wait for a busy host ends with its signal', async () => {
  const stop = new AbortController();
  const { done } = feed(Buffer.alloc(1), [fault(170)], stop.signal);
  setImmediate(() => { stop.abort(); });
  await expect(done).rejects.toMatchObject({ name: 'AbortError' });
});
