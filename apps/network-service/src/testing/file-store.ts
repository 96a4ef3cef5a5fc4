import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeys, ServiceClient } from '@opsmesh/platform';
import { AttemptFiles } from '@opsmesh/worker-runtime';

/** What the orchestrator does with files, without runs and tenants: over HTTP, with service tokens. */
export class FileStore {
  /** Kept files by their hash. */
  readonly kept = new Map<string, { readonly attempt: string; readonly mediaType: string; readonly bytes: Buffer }>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'network-files-'));
  private readonly keys = openKeys(this.folder);
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://x');
      const [, , , attempt, sha256] = pathname.split('/').map(decodeURIComponent);
      this.keys.verifyServiceToken(request.headers.authorization!.slice('Bearer '.length), 'orchestrator').then(() => {
        if (request.method === 'PUT') {
          const ref = this.put(Buffer.concat(chunks), { attempt: attempt!, mediaType: searchParams.get('media_type')! });
          response.end(JSON.stringify(ref));
          return;
        }
        const file = this.kept.get(sha256!);
        if (file) response.end(file.bytes);
        else response.writeHead(404).end(JSON.stringify({ code: 'blob-not-found', detail: 'no run of the tenant has that file' }));
      }, () => response.writeHead(401).end(JSON.stringify({ code: 'unauthenticated' })));
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** As a worker uses it. */
  client(): AttemptFiles {
    return new AttemptFiles(new ServiceClient({ keys: this.keys, from: 'network-service', to: 'orchestrator', url: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}` }));
  }

  put(bytes: Buffer, { attempt = 'spec', mediaType = 'application/octet-stream' } = {}): { sha256: string; bytes: number } {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.kept.set(sha256, { attempt, mediaType, bytes });
    return { sha256, bytes: bytes.length };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }
}
