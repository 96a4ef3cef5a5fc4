import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { lostConnection } from './lost-connection.js';
import { serverFault } from './server-fault.js';
import { toProblem } from './to-problem.js';

/** What is not available now is asked for again after so many seconds. */
const RETRY_AFTER_S = '2';

/** Turns everything that is thrown on the way of an HTTP request into `application/problem+json`. Faults of ours are logged under an id, which is all the caller gets. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const path = request.originalUrl.split('?')[0] ?? '/';
    const { method } = request;
    const problem = toProblem(error) ?? lostConnection(error, { log: this.log, method, path }) ?? serverFault(error, { log: this.log, request: `${method} ${path}` });
    if (response.headersSent) {
      // The answer has begun (a stream): it can only be cut off.
      response.destroy();
      return;
    }
    if (problem.status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
    if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem.toDocument(path)));
  }
}
