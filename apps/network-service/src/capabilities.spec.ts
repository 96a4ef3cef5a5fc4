import { BINARIES, Capabilities, findExecutable, probeCapabilities, RIGHTS } from './capabilities.js';

it('a missing program fails with what to install', () => {
  expect(() => new Capabilities({}, new Set()).pathOf('nmap')).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: 'capability-missing', retryable: false, message: expect.stringContaining('apt-get install nmap') }) }),
  );
  expect(() => new Capabilities({}, new Set()).pathOf('ping')).toThrow('iputils-ping');
});

it('without any program nothing is there', async () => {
  const capabilities = await probeCapabilities(() => undefined);
  expect(capabilities.missing()).toEqual(BINARIES);
  expect(RIGHTS.filter((right) => capabilities.may(right))).toEqual([]);
  expect(capabilities.lacking()).toEqual([]);
});

it('a program is looked for in its fixed places only', async () => {
  const asked: string[] = [];
  const capabilities = await probeCapabilities((binary, places) => {
    asked.push(...places);
    return binary === 'ip' ? '/sbin/ip' : undefined;
  });
  expect(capabilities.pathOf('ip')).toBe('/sbin/ip');
  expect(asked.every((path) => path.startsWith('/'))).toBe(true);
});

it('a program that is there and may not do its work lacks the right', async () => {
  const capabilities = await probeCapabilities((binary) => (binary === 'ip' ? undefined : '/bin/false'));
  expect(capabilities.lacking()).toEqual(RIGHTS);
});

it('the first place that holds something executable is taken', () => {
  expect(findExecutable('ping', ['/nonexistent/ping', '/etc/passwd', '/bin/sh', '/bin/false'])).toBe('/bin/sh');
  expect(findExecutable('ping', ['/nonexistent/ping'])).toBeUndefined();
});
