import { RemovalPolicy } from 'aws-cdk-lib';
import { z } from 'zod';
import { ConfigError } from '../layers/platform/errors.ts';

const integer = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const flag = z.union([z.boolean(), z.stringbool()]);
const list = z.string().transform((text) => text.split(',').map((item) => item.trim()));

/** What `deleteDataOf` calls the environment without a name. */
const namelessEnv = 'default';

/** Children of one Distributed Map that Step Functions runs at a time. */
const mostChildren = 10_000;

/** Children of a map at a time where an account has so many functions. */
export function mapWidthOf(accountConcurrency: number): number {
  return Math.min(mostChildren, Math.max(1, Math.floor(accountConcurrency / 2)));
}

const settingsSchema = z
  .object({
    /** Where the stack runs: LocalStack with functions as processes, LocalStack in Docker, or AWS. */
    target: z.enum(['local', 'docker', 'aws']).default('local'),
    /** On AWS: becomes part of every name, so that several environments live in one account and region. */
    env: z
      .string()
      .regex(/^[a-z][a-z0-9]{0,11}$/, 'up to 12 lower-case letters and digits')
      .refine((name) => name !== namelessEnv, `"${namelessEnv}" is the environment without a name`)
      .optional(),
    /** Put DuckDB into each function that needs it: for an emulator that does not mount layers. */
    bundleLayer: flag.default(false),
    /**
     * `ecom-poc-raw-<suffix>`: bucket names are global on AWS, where account and region are the default; empty for none.
     */
    bucketSuffix: z
      .string()
      .regex(/^([a-z0-9][a-z0-9-]{0,30})?$/, 'lower-case letters, digits and "-"')
      .optional(),
    /** Seconds after which a drop without a manifest counts as complete. */
    settle: integer(0, 900).default(5),
    /**
     * On AWS: functions that the account may run at a time in this region (`AccountLimit.ConcurrentExecutions` of
     * `aws lambda get-account-settings`). A map takes half of them, and leaves the others to whoever else is there.
     */
    accountConcurrency: integer(1, 1_000_000).default(1000),
    /** Children of a map that run at the same time; by default 2, on AWS half of `accountConcurrency`. */
    mapConcurrency: integer(1, mostChildren).optional(),
    /** Buckets of a run that are loaded into the database at the same time: as many as it has CPUs to spare. */
    loadConcurrency: integer(1, 100).default(4),
    /** Published runs of a drop that stay in the database. */
    keepRuns: integer(1, 1_000).default(5),
    /** CPU of the functions on AWS, by default arm64; emulators run them on the host's. */
    architecture: z.enum(['x86_64', 'arm64']).optional(),
    /**
     * On AWS: an existing secret with `{"url": "postgres://..."}` or what RDS writes. Without it the stack makes a
     * database.
     */
    databaseSecretArn: z.string().startsWith('arn:').optional(),
    /** A secret `{"url": "https://...", "secret": "..."}` of a webhook that hears of every published decision; none by default. */
    webhookSecretArn: z.string().startsWith('arn:').optional(),
    /** A secret that personal data are hashed with (`pii` of the configuration), of 32 characters or more; none by default. */
    piiKeySecretArn: z.string().startsWith('arn:').optional(),
    /** On AWS: the most that the stack's own database may take, in Aurora capacity units. */
    databaseMaxCapacity: integer(1, 256).default(4),
    /** On AWS: an existing network, with `subnetIds`, for the database and the functions that talk to it. */
    vpcId: z.string().startsWith('vpc-').optional(),
    /** Two or more private subnets of `vpcId`, separated by commas, that reach S3 and Secrets Manager. */
    subnetIds: list.optional(),
    /** On AWS: who gets the alarms. */
    alarmEmail: z.email().optional(),
    /** On AWS: hours within which some run has to succeed, or an alarm says so; none by default. */
    decisionEveryHours: integer(1, 168).optional(),
    /** On AWS: days that an overwritten or deleted raw file can still be read by the runs that refer to it. */
    keepRawVersionsDays: integer(1, 36_500).default(90),
    /** On AWS: days that the typed copy of the raw rows stays, without which a failed run cannot be retried. */
    keepStagedDays: integer(1, 36_500).default(90),
    /** On AWS: days that rows which were not used stay readable by `ecom quarantine`. */
    keepQuarantineDays: integer(1, 36_500).default(365),
    /** On AWS: days that a run's own documents stay; by default for ever, since results refer to them. */
    keepRunsDays: integer(90, 36_500).optional(),
    /** On AWS: whether the data go with the stacks. Takes effect with `deleteDataOf` only. */
    deleteData: flag.default(false),
    /** Repeats the environment whose data are to go; "default" for the one without a name. */
    deleteDataOf: z.string().optional(),
  })
  .superRefine(({ env, deleteData, deleteDataOf, vpcId, subnetIds }, context) => {
    const fail = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const wanted = deleteData ? (env ?? namelessEnv) : undefined;
    if (deleteDataOf !== wanted)
      fail('deleteDataOf', `data go with deleteData=true and deleteDataOf=${env ?? namelessEnv} alone`);
    if ((vpcId === undefined) !== (subnetIds === undefined))
      fail('subnetIds', 'vpcId and subnetIds belong together');
    if (
      subnetIds !== undefined &&
      (subnetIds.length < 2 || subnetIds.some((id) => !id.startsWith('subnet-')))
    )
      fail('subnetIds', 'two or more, as in subnet-1,subnet-2');
  })
  .transform((settings) => {
    const onAws = settings.target === 'aws';
    return {
      ...settings,
      mapConcurrency: settings.mapConcurrency ?? (onAws ? mapWidthOf(settings.accountConcurrency) : 2),
      architecture: settings.architecture ?? (onAws ? ('arm64' as const) : ('x86_64' as const)),
    };
  });

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

/**
 * What becomes of data and logs when their stack goes: on AWS they stay, unless two settings agree. Nothing stays of a
 * first deployment that failed, since its names would be taken when it is repeated.
 */
export function removalPolicy({ target, deleteData }: Settings): RemovalPolicy {
  return target === 'aws' && !deleteData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}
