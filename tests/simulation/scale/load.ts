/**
 * How fast a run of many buckets gets into a PostgreSQL on this machine:
 * `node infrastructure/run.mjs tests/simulation/scale/load.ts [<users>] [--keep]`
 *
 * The marts are those of a generated shop, as often as it takes. `--keep` puts what was measured into load.json beside this
 * file, from where the model takes it: `npm run simulate:scale -- --document` renews docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { generate } from '../../../cli/generate/generate.ts';
import { removeCluster } from '../../../infrastructure/postgres/cluster.ts';
import { startServer, stopServer } from '../../../infrastructure/postgres/server.ts';
import { datasetNames } from '../../../layers/data/datasets/index.ts';
import { runLocal } from '../../../layers/engine/run-local.ts';
import { Database } from '../../../layers/platform/duckdb.ts';
import { migrate } from '../../../layers/platform/migrate.ts';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { literal, literalList } from '../../../layers/platform/sql.ts';
import { loadPart } from '../../../layers/runs/load/load-marts.ts';
import type { OpenAnother, PartOfRun } from '../../../layers/runs/load/part.ts';
import { martNames } from '../../../layers/runs/mart-tables.ts';

/** What was measured: a mart row is a user in one of the two marts. */
export interface MeasuredLoad {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly load: number };
  readonly users: number;
  readonly parts: number;
  readonly atATime: number;
  /** All parts, without what completes the run; and that: keys, statistics and checks of all rows. */
  readonly copying: Took;
  readonly completing: Took;
}

interface Took {
  /** By the clock, which a busy machine makes longer. */
  readonly seconds: number;
  /** What the processors did meanwhile for sessions of the database, and for the functions. */
  readonly databaseCpuSeconds: number;
  readonly functionCpuSeconds: number;
}

const events = 100_000;
const parts = 6;
const atATime = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false } },
});
const measured = await measureLoad(Number(positionals[0] ?? 400_000));
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
if (values.keep) {
  const file = path.join(PROJECT_ROOT, 'tests/simulation/scale/load.json');
  writeFileSync(file, `${JSON.stringify(measured, null, 2)}\n`);
}

async function measureLoad(users: number): Promise<MeasuredLoad> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-load-'));
  const cluster = path.join(folder, 'postgres');
  try {
    const load = Math.round(10 * (loadavg()[0] ?? 0)) / 10;
    const [run, last] = await makeParts(folder, users);
    const { url, pid } = await startServer({ folder: cluster, logFile: path.join(folder, 'postgres.log') });
    await migrate(url);
    const another: OpenAnother = (work) => withPostgres(url, { applicationName: 'ecom load' }, work);
    const take = async (of: readonly PartOfRun[]): Promise<Took> => {
      const [began, cpu, databaseCpu] = [performance.now(), process.cpuUsage(), await cpuOfSessions(pid)];
      const waiting = of.values();
      const worker = async () => {
        for (const part of waiting) {
          const own = await mkdtemp(path.join(folder, 'part-'));
          await using database = await Database.open({ memoryMb: 1769, folder: own });
          await another((client) => loadPart(client, another, database, part, own));
        }
      };
      await Promise.all(Array.from({ length: atATime }, worker));
      const seconds = Math.round(performance.now() - began) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      const databaseCpuSeconds = Math.round(100 * ((await cpuOfSessions(pid)) - databaseCpu)) / 100;
      return { seconds, databaseCpuSeconds, functionCpuSeconds: Math.round((user + system) / 10_000) / 100 };
    };
    const [copying, completing] = [await take(run), await take([last])];
    const cpu = cpus()[0]?.model ?? '';
    return { machine: { cpu, cores: cpus().length, load }, users, parts, atATime, copying, completing };
  } finally {
    await stopServer(cluster);
    removeCluster(cluster);
    await rm(folder, { recursive: true, force: true });
  }
}

/** CPU seconds of all sessions of a server that have ended, as Linux adds them up for the process that began them. */
async function cpuOfSessions(pid: number): Promise<number> {
  await sleep(500);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** The parts of a run, and one more with next to no users, which is to be the last. */
async function makeParts(folder: string, users: number): Promise<[PartOfRun[], PartOfRun]> {
  const truth = await generate({ directory: path.join(folder, 'raw'), events });
  const files = datasetNames.map((kind) => ({
    kind,
    key: `raw/${kind}.csv`,
    file: path.join(folder, 'raw', ...(truth.datasets[kind].files[0] ?? '').split('/')),
  }));
  const options = { drop: 'default', files, folder: path.join(folder, 'runs'), codeVersion: 'scale' };
  const { runId, store } = await runLocal(options, 'marts');
  const { outputs } = await store.require('marker', runId, 'marts', 0);
  await using database = await Database.open({ memoryMb: 1769, folder });
  const shop = outputs.find(({ key }) => key.includes(`/${martNames[0]}/`))?.rows ?? 0;
  const part = async (index: number, rows: number): Promise<PartOfRun> => {
    const copies = await Promise.all(
      martNames.map(async (mart) => {
        const own = outputs.filter(({ key }) => key.includes(`/${mart}/`));
        const source = own.map(({ key }) => path.join(store.processed.location, key));
        const file = path.join(folder, `${mart}-${index}.parquet`);
        await database.run(
          `COPY (
             SELECT * EXCLUDE (copy) REPLACE (user_id + (copy * ${parts + 1} + ${index}) * 1000000 AS user_id)
             FROM read_parquet(${literalList(source)}), range(${Math.ceil(rows / shop)}) AS copies(copy)
             ORDER BY copy, user_id LIMIT ${rows}
           ) TO ${literal(file)} (FORMAT parquet)`,
        );
        return [mart, [file]] as const;
      }),
    );
    const { user_exposure = [], user_outcomes = [] } = Object.fromEntries(copies);
    const now = new Date().toISOString();
    const run = { runId, drop: 'default', inputsAsOf: now, startedAt: now };
    return { ...run, part: index, parts: parts + 1, files: { user_exposure, user_outcomes } };
  };
  const own: PartOfRun[] = [];
  for (let index = 0; index < parts; index += 1) own.push(await part(index, Math.round(users / parts)));
  return [own, await part(parts, 10)];
}
