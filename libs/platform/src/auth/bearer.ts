import type { Request } from 'express';

/** The token of `Authorization: Bearer`, or undefined. */
export function bearerToken(request: Request): string | undefined {
  return /^Bearer +([^\s]{1,8192})$/i.exec(request.headers.authorization ?? '')?.[1];
}
