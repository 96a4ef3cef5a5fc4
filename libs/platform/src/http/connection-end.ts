import type { Server } from 'node:http';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Time that answers may still take once the server stops listening, in milliseconds. */
const GRACE_MS = 2000;

/** Cuts off answers that would keep the process from ending (streams); without it the server waits for them for ever. */
@Injectable()
export class ConnectionEnd implements BeforeApplicationShutdown {
  constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    setTimeout(() => { server.closeAllConnections(); }, GRACE_MS).unref();
  }
}
