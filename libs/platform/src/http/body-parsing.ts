import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { jsonErrorPosition } from './json-position.js';
import { ProblemError } from './problem-error.js';

/** Limits in bytes; `rawPaths` are path prefixes whose bodies stay bytes (a Buffer). */
export interface BodyLimits {
  readonly jsonBytes: number;
  readonly rawPaths: readonly string[];
  readonly rawBytes: number;
}

/** 2 MiB of JSON; 16 MiB raw and some slack for what a blob may exceed its limit by before it is cut. */
export const DEFAULT_BODY_LIMITS: BodyLimits = { jsonBytes: 2 * 1024 * 1024, rawPaths: [], rawBytes: 16 * 1024 * 1024 + 64 * 1024 };

const JSON_TYPES = ['application/json', 'application/*+json'];

/** Deepest nesting of a JSON body: far beyond what any of ours means, far below what breaks recursive readers. */
const JSON_DEPTH = 100;

/** Reads bodies within their limits; everything that goes wrong becomes a problem. */
export function bodyParsing(limits: BodyLimits): RequestHandler {
  const json = asProblems(express.json({ limit: limits.jsonBytes, type: JSON_TYPES, strict: false, verify: refuseDepth }), limits.jsonBytes);
  const raw = asProblems(express.raw({ limit: limits.rawBytes, type: () => true }), limits.rawBytes);
  return (request, response, next) => {
    if (limits.rawPaths.some((p) => request.path === p || request.path.startsWith(`${p}/`))) {
      raw(request, response, next);
    } else if (hasBody(request) && !request.is(JSON_TYPES)) {
      next(new ProblemError(415, 'unsupported-media-type', 'the body must be application/json'));
    } else {
      json(request, response, next);
    }
  };
}

function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function asProblems(parse: RequestHandler, limit: number): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    void parse(request, response, (error?: unknown) => { next(error ? bodyProblem(error, limit) : undefined); });
  };
}

interface BodyError { readonly type?: string; readonly body?: unknown; readonly status?: number }

class TooDeep extends Error {}

/** Works on the bytes, before anything recursive sees the document. */
function refuseDepth(_request: unknown, _response: unknown, body: Buffer): void {
  let depth = 0;
  let inText = false;
  for (let i = 0; i < body.length; i++) {
    const c = body[i];
    if (inText) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) inText = false;
    } else if (c === QUOTE) {
      inText = true;
    } else if (c === OPEN_LIST || c === OPEN_OBJECT) {
      if (++depth > JSON_DEPTH) throw new TooDeep();
    } else if (c === CLOSE_LIST || c === CLOSE_OBJECT) {
      depth--;
    }
  }
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

function bodyProblem(error: unknown, limit: number): unknown {
  if (error instanceof TooDeep) {
    const message = `must not be nested deeper than ${JSON_DEPTH} levels`;
    return new ProblemError(422, 'invalid-body', `the body ${message}`, { errors: [{ code: 'too-deep', severity: 'error', pointer: '', message }] });
  }
  const { type, body, status } = error as BodyError;
  switch (type) {
    case 'entity.parse.failed': {
      const at = typeof body === 'string' ? jsonErrorPosition(body) : undefined;
      return new ProblemError(400, 'malformed-json', `the body is not JSON${at ? `: it breaks at position ${at.position} (line ${at.line}, column ${at.column})` : ''}`);
    }
    case 'entity.too.large':
      return new ProblemError(413, 'body-too-large', `the body is larger than ${limit} bytes`);
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new ProblemError(415, 'unsupported-media-type', 'the body must be JSON in UTF-8, plain or compressed with gzip, deflate or br');
    default:
      return status !== undefined && status < 500 ? new ProblemError(400, 'bad-request', 'the body could not be read') : error;
  }
}
