import { networkPoliciesFrom } from '../config.js';
import { formatCidr } from './cidr.js';
import { TargetChecker } from './target-checker.js';
import { TargetPolicy } from './target-policy.js';

const { signal } = new AbortController();

function checkerFor(answers: Record<string, string[][]>): { checker: TargetChecker; asked: string[] } {
  const asked: string[] = [];
  const resolve = (name: string): Promise<string[]> => {
    asked.push(name);
    return Promise.resolve(answers[name]?.shift() ?? []);
  };
  return { checker: new TargetChecker(new TargetPolicy(networkPoliciesFrom({ NETWORK_PROTECTED: '10.0.0.9' }).of('default').targets), resolve), asked };
}
const failing = (code: string) => expect.objectContaining({ failure: expect.objectContaining({ code }) });

it('a name is resolved once, and the address it gave is what the tool gets', async () => {
  const { checker, asked } = checkerFor({ 'web-1': [['10.0.0.5'], ['8.8.8.8']] });
  const checked = await checker.checkHost('web-1', signal);
  expect(checked).toMatchObject({ name: 'web-1', address: '10.0.0.5' });
  expect(asked).toEqual(['web-1']);
});

it('a name is refused when any of its addresses is not allowed', async () => {
  const { checker } = checkerFor({ sly: [['10.0.0.5', '8.8.8.8']], hidden: [['10.0.0.5', '10.0.0.9']], mapped: [['::ffff:8.8.8.8']], zoned: [['fe80::1%eth0']] });
  for (const name of ['sly', 'hidden', 'mapped', 'zoned']) await expect(checker.check([name], signal)).rejects.toEqual(failing('target-refused'));
});

it('IPv4 is preferred', async () => {
  const { checker } = checkerFor({ both: [['fd00::5', '10.0.0.5']], six: [['fd00::5']] });
  expect((await checker.checkHost('both', signal)).address).toBe('10.0.0.5');
  expect((await checker.checkHost('six', signal)).address).toBe('fd00::5');
});

it('a name without addresses is unknown', async () => {
  await expect(checkerFor({}).checker.check(['ghost'], signal)).rejects.toEqual(failing('target-unknown'));
});

it('nothing is resolved when one of the texts is no target', async () => {
  const { checker, asked } = checkerFor({ 'web-1': [['10.0.0.5']] });
  await expect(checker.check(['web-1', '-iL'], signal)).rejects.toEqual(failing('target-refused'));
  expect(asked).toEqual([]);
});

it('protected hosts inside a network are named', async () => {
  const [network] = await checkerFor({}).checker.check(['10.0.0.0/24'], signal);
  expect(network?.excluded.map(formatCidr)).toEqual(['10.0.0.9']);
});

it('a tool for one host takes no network, of whatever size, and offers none', async () => {
  const { checker } = checkerFor({});
  for (const network of ['10.0.0.0/30', '10.0.0.0/8']) await expect(checker.checkHost(network, signal)).rejects.toThrow(`"${network}" is a network; this tool takes one host`);
  await expect(checker.checkHost('10.0.0.1-5', signal)).rejects.toThrow(/: give an IP address or a host name$/);
  await expect(checker.check(['10.0.0.1-5'], signal)).rejects.toThrow(/: give an IP address, a network such as 10\.0\.0\.0\/24 or a host name$/);
  expect((await checker.checkHost('10.0.0.1/32', signal)).address).toBe('10.0.0.1');
});

it('a target that is given twice is one, and a name is looked up once', async () => {
  const { checker, asked } = checkerFor({ 'web-1': [['10.0.0.5'], ['10.0.0.6']], www: [['10.0.0.5']] });
  const checked = await checker.check(['web-1', '10.0.0.5', 'web-1', 'www', '10.0.0.5'], signal);
  expect(checked.map(({ text, cidr }) => [text, formatCidr(cidr)])).toEqual([['web-1', '10.0.0.5'], ['10.0.0.5', '10.0.0.5'], ['www', '10.0.0.5']]);
  expect(asked).toEqual(['web-1', 'www']);
});

it('the targets of a call together are at most so many hosts', async () => {
  await expect(checkerFor({}).checker.check(['10.0.0.0/21', '10.1.0.0/21', '10.2.0.1'], signal)).rejects.toEqual(failing('limit-exceeded'));
});

it('what a tool found may be told when it is allowed and not protected', () => {
  const { checker } = checkerFor({});
  expect(['10.0.0.5', '::ffff:10.0.0.5', 'fd00::5', '10.0.0.9', '8.8.8.8', 'fe80::1', 'web-1', '10.0.0.0/24'].filter((text) => checker.mayKnow(text))).toEqual(['10.0.0.5', '::ffff:10.0.0.5', 'fd00::5']);
});
