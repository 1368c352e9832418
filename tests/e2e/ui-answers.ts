/** What `ecom ui` answers below /api, field by field. */
import { z } from 'zod';
import { reportSchema } from '../../layers/report/schema.ts';
import { failure, runInputs, stageNames } from '../../layers/runs/documents.ts';
import { runManifest } from '../../layers/runs/run-manifest.ts';

export const summary = z.strictObject({
  runId: z.string().regex(/^[0-9a-f]{16}$/),
  attempt: z.int().positive(),
  drop: z.string().nullable(),
  status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  startedAt: z.iso.datetime(),
  seconds: z.number().nullable(),
  published: z.boolean(),
  decisions: z.array(z.strictObject({ experimentId: z.string(), action: z.string() })),
});

export const record = summary.extend({
  executionOnRecord: z.boolean(),
  previous: z.string().nullable(),
  attempts: z.array(
    z.strictObject({
      attempt: z.int(),
      status: z.string(),
      startedAt: z.iso.datetime(),
      stoppedAt: z.iso.datetime().nullable(),
      error: z.string().nullable(),
      cause: z.string().nullable(),
    }),
  ),
  stages: z.array(
    z.strictObject({
      stage: z.enum(stageNames),
      status: z.enum(['waiting', 'running', 'done', 'failed']),
      partsDone: z.int(),
      parts: z.int().nullable(),
      rows: z.int().nullable(),
      seconds: z.number().nullable(),
      startedAt: z.iso.datetime().nullable(),
      attempt: z.int().nullable(),
      earlier: z.boolean(),
    }),
  ),
  failure: failure
    .pick({ stage: true, error: true, message: true })
    .extend({
      parts: z.array(
        z.strictObject({
          part: z.int().positive(),
          file: z.string().nullable(),
          error: z.string(),
          message: z.string(),
        }),
      ),
    })
    .nullable(),
  inputs: runInputs.nullable(),
  manifest: runManifest.nullable(),
  report: reportSchema.nullable(),
  files: z.array(z.string()),
  quarantine: z
    .strictObject({
      counts: z.array(
        z.strictObject({
          dataset: z.string(),
          column: z.string().nullable(),
          rule: z.string(),
          rows: z.int(),
        }),
      ),
      rows: z.array(
        z.looseObject({
          dataset: z.string(),
          column: z.string().nullable(),
          rule: z.string(),
          file: z.string(),
          version: z.string().nullable(),
          chunk: z.int().nullable(),
          line: z.int(),
          reason: z.string(),
          raw: z.string(),
          place: z.string(),
        }),
      ),
    })
    .nullable(),
  marts: z
    .strictObject({
      arms: z.array(
        z.strictObject({
          experimentId: z.string(),
          variant: z.string(),
          users: z.int(),
          purchasers: z.int(),
          revenue: z.string(),
        }),
      ),
    })
    .nullable(),
});

const compared = z.strictObject({ runId: z.string(), drop: z.string(), asOf: z.iso.datetime().nullable() });
const decision = z.strictObject({ action: z.string(), variant: z.string().nullable() }).nullable();
const stored = z.strictObject({ size: z.int(), etag: z.string() }).nullable();
const quality = z
  .strictObject({ lines: z.int(), accepted: z.int(), quarantined: z.int(), duplicates: z.int() })
  .nullable();
const side = z
  .strictObject({
    control: z.number().nullable(),
    treatment: z.number().nullable(),
    users: z.int(),
    lift: z.number().nullable(),
    liftCi: z.tuple([z.number(), z.number()]).nullable(),
    p: z.number().nullable(),
  })
  .nullable();

export const comparison = z.strictObject({
  run: compared,
  previous: compared,
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      change: z.enum(['added', 'removed', 'changed', 'same']),
      before: stored,
      after: stored,
    }),
  ),
  settings: z.array(z.strictObject({ name: z.string(), before: z.unknown(), after: z.unknown() })),
  codeChanged: z.boolean(),
  quality: z.array(z.strictObject({ name: z.string(), before: quality, after: quality })),
  experiments: z.array(
    z.strictObject({
      experimentId: z.string(),
      before: decision,
      after: decision,
      metrics: z.array(
        z.strictObject({
          metric: z.string(),
          role: z.enum(['primary', 'secondary', 'guardrail']),
          unit: z.string(),
          variant: z.string(),
          before: side,
          after: side,
        }),
      ),
    }),
  ),
});

export const history = z.array(
  z.strictObject({
    ...summary.pick({ runId: true, drop: true, startedAt: true, published: true }).shape,
    asOf: z.iso.datetime().nullable(),
    decision: z.strictObject({ action: z.string(), variant: z.string().nullable(), rule: z.string() }),
    users: z.int(),
    primary: z
      .strictObject({
        metric: z.string(),
        lift: z.number().nullable(),
        liftCi: z.tuple([z.number(), z.number()]).nullable(),
        p: z.number().nullable(),
      })
      .nullable(),
  }),
);

export const problem = z.strictObject({
  error: z.strictObject({ what: z.string(), where: z.string().optional(), remedy: z.string().optional() }),
});
