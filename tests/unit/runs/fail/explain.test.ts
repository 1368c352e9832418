import { describe, expect, test } from 'vitest';
import { handler } from '../../../../lambdas/fail/handler.ts';
import { explain, explainPart } from '../../../../layers/runs/fail/explain.ts';

const runId = '0123456789abcdef';
const lambdaCause = (errorType: string, errorMessage: string) =>
  JSON.stringify({ errorType, errorMessage, trace: ['Error: x', '    at y (/var/task/index.js:1:1)'] });

const message =
  'a column is missing (raw/events.csv:1, column "event_ts"). Add it, or map yours under schema.events';

describe('the cause of a failed execution is a sentence', () => {
  test('an error of the product keeps its own words and name', () => {
    const failure = { Error: 'SchemaError', Cause: lambdaCause('SchemaError', message) };
    expect(explain(failure, runId, undefined)).toEqual({ error: 'SchemaError', message });
  });

  test('what the stage recorded is told in place of what the map state says', () => {
    const failure = {
      Error: 'States.ExceedToleratedFailureThreshold',
      Cause: 'The specified tolerated failure threshold was exceeded',
    };
    const recorded = {
      stage: 'stage' as const,
      index: 3,
      attempt: 1,
      error: 'DataError',
      fault: { what: '40 % of the rows are wrong', where: 'raw/events.csv', remedy: 'Correct the file' },
    };
    expect(explain(failure, runId, { stage: 'stage', recorded })).toEqual({
      error: 'DataError',
      message: '40 % of the rows are wrong (raw/events.csv). Correct the file',
    });
  });

  test.each([
    [
      'Sandbox.Timedout',
      '2026-01-01T00:00:00Z 1 Task timed out after 900.00 seconds',
      /took longer than it may/,
    ],
    [
      'Runtime.ExitError',
      'RequestId: 1 Error: Runtime exited with error: signal: killed',
      /ran out of memory/,
    ],
    [
      'Runtime.ExitError',
      'RequestId: 1 Error: Runtime exited with error: ENOSPC: no space left on device, write',
      /disk was full: raise the storage/,
    ],
    ['Error', 'IO Error: Could not write file "/tmp/x.csv": No space left on device', /disk was full/],
    ['Runtime.ImportModuleError', "Cannot find module '@duckdb/node-api'", /deploy again/],
  ])('%s says what to do about it, and in which stage', (type, text, remedy) => {
    const failure = { Error: type, Cause: lambdaCause(type, text) };
    const explained = explain(failure, runId, { stage: 'clean', recorded: undefined });
    expect(explained.error).toBe(type);
    expect(explained.message).toMatch(remedy);
    expect(explained.message).toContain('stage "clean"');
    expect(explained.message).toContain(`./ecom retry ${runId}`);
  });

  test('an end for want of memory is named as such, and that of a part names the part', () => {
    const text = 'RequestId: 1 Error: Runtime exited with error: signal: killed';
    const failure = { Error: 'Runtime.OutOfMemory', Cause: lambdaCause('Runtime.OutOfMemory', text) };
    const { error, fault } = explainPart(failure, { runId, stage: 'stage', index: 2 });
    expect(error).toBe('Runtime.OutOfMemory');
    expect(fault).toEqual({
      what: 'Runtime exited with error: signal: killed',
      where: 'stage "stage", part 3',
      remedy: expect.stringMatching(/^It ran out of memory: raise the memory of the stage.*\.\/ecom retry/),
    });
    // What the map tells of it is no reason.
    const recorded = { stage: 'stage' as const, index: 2, attempt: 1, error, fault };
    const map = { Error: 'States.ExceedToleratedFailureThreshold', Cause: 'tolerated failure threshold' };
    expect(explain(map, runId, { stage: 'stage', recorded })).toEqual({
      error,
      message: `${fault.what} (${fault.where}). ${fault.remedy}`,
    });
  });

  test('an error that says no place is told with its stage', () => {
    const recorded = {
      stage: 'clean' as const,
      index: 0,
      attempt: 1,
      error: 'DataError',
      fault: { what: 'x' },
    };
    const { message } = explain({ Error: 'DataError' }, runId, { stage: 'clean', recorded });
    expect(message).toMatch(/^x \(stage "clean"\)/);
  });

  test('a kill is not blamed on what an earlier try of the stage recorded', () => {
    const failure = { Error: 'States.Timeout', Cause: '' };
    const recorded = {
      stage: 'load' as const,
      index: 0,
      attempt: 1,
      error: 'TransientError',
      fault: { what: 'lost' },
    };
    expect(explain(failure, runId, { stage: 'load', recorded }).error).toBe('States.Timeout');
  });

  test('a branch whose function was ended is told in the words that it recorded', () => {
    const killed = { Error: 'Runtime.OutOfMemory', Cause: lambdaCause('Runtime.OutOfMemory', 'killed') };
    const { error, fault } = explainPart(killed, { runId, stage: 'load', index: 0 });
    const recorded = { stage: 'load' as const, index: 0, attempt: 1, error, fault };
    const caught = { Error: error, Cause: `${fault.what} (${fault.where}). ${fault.remedy}` };
    expect(explain(caught, runId, { stage: 'load', recorded })).toEqual({ error, message: caught.Cause });
  });

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'something broke'],
    ['an empty object', {}],
    ['a cause that is no JSON', { Error: 'X', Cause: '{"errorMessage": ' }],
    ['a cause that is an object', { Error: 'X', Cause: { errorMessage: 'an object' } }],
    ['numbers', { Error: 7, Cause: 8 }],
    ['a very long cause', { Error: 'X', Cause: 'x'.repeat(10_000) }],
    ['an array', [1, 2]],
  ])('%s is explained too', async (_, failure) => {
    const explained = explain(failure, runId, undefined);
    expect(explained.error).not.toBe('');
    expect(explained.message.length).toBeGreaterThan(10);
    expect(explained.message.length).toBeLessThanOrEqual(4000);
    expect(explained.message).not.toMatch(/undefined|\[object/);
    await expect(handler(failure)).resolves.toHaveProperty('cause');
  });

  test('without a bucket to write to, the cause is still told', async () => {
    const failure = { Error: 'SchemaError', Cause: lambdaCause('SchemaError', message) };
    await expect(handler({ runId, drop: 'default', attempt: 1, failure })).resolves.toEqual({
      error: 'SchemaError',
      cause: message,
    });
  });
});
