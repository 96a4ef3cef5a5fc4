import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkInterface } from './interfaces.js';

it('an interface that the machine does not have is unknown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'net-'));
  try {
    await mkdir(join(folder, 'eth0'));
    await expect(checkInterface('eth0', folder)).resolves.toBeUndefined();
    await expect(checkInterface('nosuch0', folder)).rejects.toMatchObject({ failure: { code: 'target-unknown', message: expect.stringContaining('no interface nosuch0') } });
  } finally {
    await rm(folder, { recursive: true });
  }
});
