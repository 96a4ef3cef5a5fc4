import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { ProblemError, type TokenVerifier } from '@opsmesh/platform';
import type { Queue } from 'bullmq';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

export interface QueueBoardParts {
  /** The queues to show now; asked anew for every page. */
  readonly queues: () => Promise<readonly Queue[]>;
  readonly auth: 'on' | 'off';
  readonly tokens: TokenVerifier;
}

export const QUEUE_BOARD_PATH = '/queues';

/**
 * Bull Board, read-only. With auth on a browser is asked for a token as the password of Basic auth (any name), a program sends it as Bearer;
 * it needs the scope `queues:read`.
 */
export function queueBoard({ queues, auth, tokens }: QueueBoardParts): RequestHandler[] {
  const server = new ExpressAdapter().setBasePath(QUEUE_BOARD_PATH);
  const board = createBullBoard({ queues: [], serverAdapter: server, options: { uiConfig: { boardTitle: 'opsmesh queues' } } });
  const refresh = async (): Promise<void> => {
    board.setQueues((await queues()).map((q) => new BullMQAdapter(q, { readOnlyMode: true, allowRetries: false })));
  };
  const guard = async (request: Request): Promise<void> => {
    if (auth === 'off') return;
    const token = tokenOf(request.headers.authorization ?? '');
    const principal = token ? await tokens.verify(token) : null;
    if (!principal) throw new ProblemError(401, 'unauthenticated', 'send an API token as Bearer, or as the password of Basic auth');
    if (!principal.scopes.includes('*') && !principal.scopes.includes('queues:read')) throw new ProblemError(403, 'forbidden', 'the token lacks the scope queues:read');
  };
  const enter = (request: Request, response: Response, next: NextFunction): void => {
    guard(request).then(refresh).then(() => { next(); }, (e: unknown) => {
      if (!(e instanceof ProblemError)) { next(e); return; }
      if (e.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="opsmesh", charset="UTF-8"');
      response.status(e.status).type('application/problem+json').send(JSON.stringify(e.toDocument(QUEUE_BOARD_PATH)));
    });
  };
  return [enter, server.getRouter() as RequestHandler];
}

function tokenOf(header: string): string | undefined {
  const [scheme, value] = header.split(' ', 2);
  if (scheme === 'Bearer') return value;
  if (scheme !== 'Basic' || value === undefined) return undefined;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1);
}
