import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { allSchemas, attemptId, canonicalJson, failure, FAILURE_CODES, FAILURE_MEANINGS, HeartbeatDto, InvalidMessage, JobDto, jsonSchemaOf, parseAttemptId, readResult, ResultDto, RunView, ToolDeclarationDto, validate } from './index.js';

const runId = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
const job = { v: 1, attemptId: `${runId}.scan.0.1`, runId, stepId: 'scan', item: 0, attempt: 1, tenantId: 'default', actorId: 'ann', tool: 'ping', toolVersion: '1.0.0', input: { host: 'a' }, timeoutMs: 1000, claim: false };

describe('validate', () => {
  it('gives an instance of a good message, and a plain message as it came', () => {
    expect(validate(HeartbeatDto, { active: [] })).toBeInstanceOf(HeartbeatDto);
    expect(validate(JobDto, job)).toBe(job);
  });

  it.each([
    ['an unknown version', { ...job, v: 2 }, '/v'],
    ['a missing field', { ...job, tool: undefined }, '/tool'],
    ['an unknown property', { ...job, password: 'x' }, '/password'],
    ['a step id with a dot', { ...job, stepId: 'a.b' }, '/stepId'],
  ])('refuses %s and says where', (_what, value, pointer) => {
    expect(() => validate(JobDto, value)).toThrow(InvalidMessage);
    try { validate(JobDto, value); } catch (e) { expect((e as InvalidMessage).errors.map((x) => x.pointer)).toContain(pointer); }
  });

  it('refuses a number that is beyond all numbers, also in a plain message', () => {
    for (const key of ['timeoutMs', 'item']) expect(() => validate(JobDto, { ...job, [key]: JSON.parse('1e999') })).toThrow(InvalidMessage);
  });

  it('names the place inside a nested object', () => {
    const result = { v: 1, attemptId: 'a', runId, stepId: 's', item: 0, attempt: 1, tenantId: 't', workerId: 'w', status: 'failed', durationMs: 1, failure: { code: 'no-such-code', message: '', retryable: false } };
    try { validate(ResultDto, result); throw new Error('accepted'); } catch (e) { expect((e as InvalidMessage).errors.map((x) => x.pointer)).toEqual(['/failure/code']); }
  });

  it.each([null, 'text', 7, [], undefined])('refuses %p, which is no object', (v) => expect(() => validate(JobDto, v)).toThrow(InvalidMessage));

  it('takes nothing but the empty object for a class without rules', () => {
    class Nothing {}
    expect(validate(Nothing, {})).toBeInstanceOf(Nothing);
    expect(() => validate(Nothing, { a: 1 })).toThrow(InvalidMessage);
  });

  it('does not repeat a value in its error', () => {
    try { validate(JobDto, { ...job, timeoutMs: 'hunter2-secret' }); } catch (e) { expect(JSON.stringify((e as InvalidMessage).errors)).not.toContain('hunter2'); }
  });
});

it('a failed result without a failure is refused', () => {
  const result = { v: 1, attemptId: 'a', runId, stepId: 's', item: 0, attempt: 1, tenantId: 't', workerId: 'w', status: 'failed', durationMs: 1 };
  expect(() => readResult(result)).toThrow(InvalidMessage);
  expect(readResult({ ...result, status: 'succeeded' })).toMatchObject({ status: 'succeeded' });
});

describe('jsonSchemaOf', () => {
  it('says the same as validate', () => {
    const check = addFormats.default(new Ajv({ strict: false })).compile(jsonSchemaOf(JobDto));
    expect(check(job)).toBe(true);
    expect(check({ ...job, password: 'x' })).toBe(false);
    expect(check({ ...job, tool: undefined })).toBe(false);
  });

  it('carries nested classes along', () => {
    const schema = jsonSchemaOf(ToolDeclarationDto);
    expect(Object.keys(schema['definitions'] as object).sort()).toEqual(['BackoffDto', 'CommandInputDto', 'CredentialNeedDto', 'ProbeDto', 'RetryPolicyDto', 'ToolEstimateDto']);
  });

  it('asks for values that may be null, at the top and inside', () => {
    const schema = jsonSchemaOf(RunView) as { required: string[]; definitions: Record<string, { required: string[]; properties: Record<string, object> }> };
    expect(schema.required).toEqual(expect.arrayContaining(['finishedAt', 'parentRunId']));
    expect(schema.definitions['StepView']).toMatchObject({ required: expect.arrayContaining(['tool', 'failure']) as unknown, properties: { tool: { anyOf: [{ type: 'string' }, { type: 'null' }] } } });
    expect(JSON.stringify(schema)).not.toContain('x-always-given');
  });

  it('gives OpenAPI components by class name', () => expect(Object.keys(allSchemas())).toEqual(expect.arrayContaining(['JobDto', 'ResultDto', 'StartRunDto'])));
});

describe('attempt id', () => {
  it('goes there and back', () => {
    const p = { runId, stepId: 'step-1', item: 42, attempt: 3 };
    expect(parseAttemptId(attemptId(p))).toEqual(p);
  });
  it.each(['', 'x', `${runId}.a.0`, `${runId}.a.-1.1`, `${runId}.a.0.1.2`])('refuses %p', (id) => expect(parseAttemptId(id)).toBeUndefined());
});

it('every failure code has a meaning, and a doubtful one may have had an effect', () => {
  for (const code of FAILURE_CODES) {
    expect(failure(code, 'm').retryable).toBe(FAILURE_MEANINGS[code].retryable);
    if (FAILURE_MEANINGS[code].doubtful) expect(FAILURE_MEANINGS[code].effect).toBe('maybe');
  }
});

it('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,{"d":1}]}');
});
