import type { RequestHandler } from 'express';
import { ProblemError } from './problem-error.js';

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * Without tokens every web page that the user has open could speak to us. This refuses requests that come under a foreign name
 * (DNS rebinding) or from another site (CSRF). A link followed to a page of ours is let through: it changes nothing and its sender can't read it.
 */
export function localOnly(): RequestHandler {
  return (request, _response, next) => {
    const host = request.headers.host ?? '';
    if (!isOurName(host, request.socket.localPort)) {
      next(new ProblemError(403, 'cross-site-refused', 'with OPSMESH_AUTH=off only requests to localhost, 127.0.0.1 or [::1] and our own port are served'));
    } else if (isForeign(host, request.headers) && !isFollowedLink(request.method, request.headers)) {
      next(new ProblemError(403, 'cross-site-refused', 'with OPSMESH_AUTH=off requests from other web sites are refused'));
    } else {
      next();
    }
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function isOurName(host: string, port: number | undefined): boolean {
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d+))?$/i.exec(host);
  return match !== null && isLoopback(match[1]!.toLowerCase()) && Number(match[2] ?? 80) === port;
}

function isForeign(host: string, headers: Headers): boolean {
  const origin = headers['origin'];
  return (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) || headers['sec-fetch-site'] === 'cross-site';
}

function isFollowedLink(method: string, headers: Headers): boolean {
  return method === 'GET' && headers['origin'] === undefined && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}
