import pg from 'pg';
import { ProblemError } from '../http/problem-error.js';
import { isForeignKeyViolation, isOutcomeUnknown, isTransient, isTransientConnectError, isUniqueViolation, sqlState } from './postgres-errors.js';

const answered = (code: string, message = 'no'): Error => Object.assign(new pg.DatabaseError(message, 1, 'error'), { code });
const ofSystem = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:5432`), { code });
const wrapped = (cause: unknown): Error => new Error('Failed query: insert', { cause });
/** Node's error when a name has several addresses and none answers. */
const addresses = (...codes: string[]): Error => Object.assign(new AggregateError(codes.map(ofSystem), ''), { code: codes[0] });

const MEANINGS = { connect: isTransientConnectError, transient: isTransient, unknown: isOutcomeUnknown, unique: isUniqueViolation, foreign: isForeignKeyViolation };
const meaningsOf = (error: unknown): string => Object.entries(MEANINGS).filter(([, is]) => is(error)).map(([name]) => name).join(' ');

const AWAY = 'connect transient unknown';
it.each<[string, unknown, string]>([
  ['the server refuses connections', ofSystem('ECONNREFUSED'), AWAY],
  ['none of its addresses answers', addresses('ECONNREFUSED', 'EHOSTUNREACH'), AWAY],
  ['none of its addresses answers, said without a code', new AggregateError([ofSystem('ETIMEDOUT'), ofSystem('ENETUNREACH')]), AWAY],
  ['the connection is reset', ofSystem('ECONNRESET'), AWAY],
  ['the name does not resolve now', ofSystem('EAI_AGAIN'), AWAY],
  ['the server is starting', answered('57P03'), AWAY],
  ['an administrator ends the connection', answered('57P01'), AWAY],
  ['the server crashed', answered('57P02'), AWAY],
  ['the connection fails', answered('08006'), 'transient unknown'],
  ['the start of a connection is not understood', answered('08P01'), 'transient unknown'],
  ['the database was dropped', answered('57P04'), 'transient unknown'],
  ['the end of a statement is not known', answered('40003'), 'unknown'],
  ['pg: the socket closed', new Error('Connection terminated unexpectedly'), AWAY],
  ['pg: we closed', new Error('Connection terminated'), AWAY],
  ['pg: a lost client is used', new Error('Client has encountered a connection error and is not queryable'), AWAY],
  ['pg: a closed client is used', new Error('Client was closed and is not queryable'), AWAY],
  ['pg: no answer in time', new Error('Query read timeout'), AWAY],
  ['pg: not connected in time', new Error('timeout expired'), AWAY],
  ['pg-pool: not connected in time', new Error('Connection terminated due to connection timeout', { cause: new Error('Connection terminated unexpectedly') }), AWAY],
  ['pg-pool: no connection came free in time', new Error('timeout exceeded when trying to connect'), AWAY],
  ['drizzle: the socket closed', wrapped(new Error('Connection terminated unexpectedly')), AWAY],
  ['drizzle: refused at every address', wrapped(addresses('ECONNREFUSED', 'ECONNREFUSED')), AWAY],
  ['too many connections', answered('53300'), 'connect transient'],
  ['the disk is full', answered('53100'), 'transient'],
  ['the statement timeout', answered('57014', 'canceling statement due to statement timeout'), 'transient'],
  ['a transaction in which nothing happened was ended', answered('25P03'), 'transient'],
  ['a row exists', answered('23505'), 'unique'],
  ['drizzle: a row exists', wrapped(answered('23505')), 'unique'],
  ['a row is missing', wrapped(answered('23503')), 'foreign'],
  ['a deadlock', answered('40P01'), ''],
  ['there is no such database', answered('3D000'), ''],
  ['the password is wrong', answered('28P01'), ''],
  ['a code that is no SQLSTATE', Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }), ''],
  ['a message that only quotes one of pg', new Error('the worker said: Connection terminated unexpectedly'), ''],
  ['a message with a code is judged by the code', answered('22012', 'Connection terminated'), ''],
  ['a problem without findings', new ProblemError(404, 'not-found', 'no'), ''],
  ['a problem with findings, and its cause', new ProblemError(422, 'invalid', 'no', { errors: [{ code: 'x', severity: 'error', pointer: '', message: 'y' }], cause: answered('23505') }), 'unique'],
  ['what is no error', { code: '57P01' }, ''],
  ['nothing', undefined, ''],
])('%s', (_what, error, expected) => expect(meaningsOf(error)).toBe(expected));

it('the SQLSTATE is the outermost one', () => {
  expect([sqlState(wrapped(wrapped(answered('23505')))), sqlState(Object.assign(wrapped(answered('23505')), { code: '40001' })), sqlState(ofSystem('EPIPE')), sqlState('x')]).toEqual(['23505', '40001', undefined, undefined]);
});

it('errors that are each other\'s cause come to an end', () => {
  const one = new Error('one');
  one.cause = wrapped(one);
  expect(sqlState(one)).toBeUndefined();
});
