import { z } from 'zod';
import { ConfigError } from '../layers/platform/errors.ts';

const integer = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const flag = z.union([z.boolean(), z.stringbool()]);

const settingsSchema = z
  .object({
    /** Where the stack runs: LocalStack with functions as processes, LocalStack in Docker, or AWS. */
    target: z.enum(['local', 'docker', 'aws']).default('local'),
    /** Put DuckDB into each function that needs it: for an emulator that does not mount layers. */
    bundleLayer: flag.default(false),
    /**
     * `ecom-poc-raw-<suffix>`: bucket names are global on AWS, where account and region are the default; empty for none.
     */
    bucketSuffix: z
      .string()
      .regex(/^([a-z0-9][a-z0-9-]{0,40})?$/, 'lower-case letters, digits and "-"')
      .optional(),
    /** Seconds after which a drop without a manifest counts as complete. */
    settle: integer(0, 900).default(5),
    /** Children of a map that run at the same time; by default 2, on AWS 100. */
    mapConcurrency: integer(1, 10_000).optional(),
    /** Published runs of a drop that stay in the database. */
    keepRuns: integer(1, 1_000).default(5),
    /** CPU of the functions on AWS; emulators run them on the host's. */
    architecture: z.enum(['x86_64', 'arm64']).default('x86_64'),
    /** On AWS: an existing secret with `{"url": "postgres://..."}`. Without it the stack makes one to fill. */
    databaseSecretArn: z.string().startsWith('arn:').optional(),
    /** On AWS: who gets the alarms. */
    alarmEmail: z.email().optional(),
  })
  .transform((settings) => ({
    ...settings,
    mapConcurrency: settings.mapConcurrency ?? (settings.target === 'aws' ? 100 : 2),
  }));

export type Settings = z.infer<typeof settingsSchema>;

/**
 * Settings of the app, each one a CDK context value (`-c key=value`).
 * @throws ConfigError naming the value that is wrong
 */
export function readSettings(context: (key: string) => unknown): Settings {
  const keys = Object.keys(settingsSchema.in.shape);
  const result = settingsSchema.safeParse(Object.fromEntries(keys.map((key) => [key, context(key)])));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError({
    what: `the context value "${issue?.path.join('.')}" is wrong: ${issue?.message}`,
    where: 'cdk -c or cdk.json',
    remedy: 'cdk/settings.ts lists every value',
  });
}
