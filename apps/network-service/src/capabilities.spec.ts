import { Capabilities, probeCapabilities } from './capabilities.js';

it('a missing program fails with what to install', () => {
  expect(() => new Capabilities({}, false).pathOf('nmap')).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code: 'capability-missing', retryable: false, message: expect.stringContaining('apt-get install nmap') }) }),
  );
  expect(() => new Capabilities({}, false).pathOf('ping')).toThrow('iputils-ping');
});

it('without any program nothing is there', async () => {
  const capabilities = await probeCapabilities(() => false);
  expect(capabilities.missing()).toEqual(['ping', 'nmap']);
  expect(capabilities.rawSockets).toBe(false);
});

it('the first fixed place that has the program is taken, whatever the search path says', async () => {
  const asked: string[] = [];
  const capabilities = await probeCapabilities((path) => {
    asked.push(path);
    return path === '/bin/ping';
  });
  expect(capabilities.pathOf('ping')).toBe('/bin/ping');
  expect(asked.every((path) => path.startsWith('/'))).toBe(true);
});
