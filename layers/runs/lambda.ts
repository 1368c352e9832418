import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import type { Engine, Limits } from '../platform/duckdb.ts';
import { readEnvironment } from '../platform/environment.ts';
import { createLogger } from '../platform/log.ts';
import { S3Store } from '../platform/s3.ts';
import { type ResultOf, type StageName, stageEvent } from './documents.ts';
import { runStage, type Stage } from './stage.ts';
import { pinnedDocuments, RunStore } from './store.ts';

/** By endpoint and buckets, which for a function are the same as long as its process lives. */
const openStores = new Map<string, RunStore>();

/** The stores of the stack that a function belongs to. Invocations of a warm function share their connections. */
export function functionStore(): RunStore {
  const { rawBucket, processedBucket } = readEnvironment();
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  const place = JSON.stringify([AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL, rawBucket, processedBucket]);
  const open = openStores.get(place);
  if (open !== undefined) return open;
  const client = new S3Client({});
  const store = new RunStore(new S3Store(rawBucket, client), new S3Store(processedBucket, client));
  openStores.set(place, store);
  return store;
}

/** 1769 MB are one CPU on Lambda. Two threads at least: from two on, their number does not change a byte of a file. */
export function threadsOf(memoryMb: number): number {
  return Math.max(2, Math.ceil(memoryMb / 1769));
}

/** Whether this process has yet to take its first call. */
let isCold = true;

const withoutEngine: Engine = {
  open: () => Promise.reject(new Error('the function of this stage has no DuckDB (cdk/functions.ts)')),
};

interface LambdaOptions<Name extends StageName> {
  /** Makes the query engine of a stage that has one: the other functions come without DuckDB. */
  readonly engine?: (limits: Limits) => Engine;
  /** What the state machine gets to see; by default the index of the part. */
  readonly answer?: (result: ResultOf<Name>) => unknown;
}

/** Makes a Lambda handler of a stage. */
export function lambdaHandler<Name extends StageName>(
  stage: Stage<Name>,
  { engine, answer }: LambdaOptions<Name> = {},
): (event: unknown, context?: { readonly awsRequestId: string }) => Promise<unknown> {
  return async (input, context) => {
    const call = { requestId: context?.awsRequestId, coldStart: isCold };
    isCold = false;
    const event = stageEvent.parse(input);
    const { memoryMb, codeVersion } = readEnvironment();
    if (process.env.AWS_LAMBDA_RUNTIME_API !== undefined) await clearLeftovers(tmpdir(), stage.name);
    const { raw, processed } = functionStore();
    const folder = await mkdtemp(path.join(tmpdir(), `${stage.name}-`));
    try {
      const result = await runStage(stage, {
        event,
        store: new RunStore(raw, processed, { remembers: pinnedDocuments }),
        codeVersion,
        folder,
        engine: engine?.({ memoryMb, threads: threadsOf(memoryMb) }) ?? withoutEngine,
        log: createLogger({ stage: stage.name, ...event, ...call }),
      });
      return answer === undefined ? event.index : answer(result);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/**
 * A function that was ended (time, memory) cannot clear up, and its sandbox, whose disk stays as it is, takes the next call.
 * A sandbox does one part at a time, so whatever lies there is of a part that is over.
 */
export async function clearLeftovers(root: string, stage: StageName): Promise<void> {
  const left = (await readdir(root)).filter((name) => name.startsWith(`${stage}-`));
  await Promise.all(left.map((name) => rm(path.join(root, name), { recursive: true, force: true })));
}
