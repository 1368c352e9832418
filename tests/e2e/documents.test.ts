import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, stopWhenThisProcessDies } from './deployment.ts';
import { documentedCommands } from './documented-commands.ts';
import { runEcom } from './ecom.ts';

/** Commands that no test runs, and why. */
const notRun: Readonly<Record<string, string>> = {
  'npm test': 'it is what runs this test',
  'npx vitest run --project components tests/unit/engine/marts': 'npm test runs these tests',
  'npx vitest run --project reliability': 'npm test runs these tests',
  'npx vitest run --project integration tests/cdk': 'npm test runs these tests',
  'npx vitest run --project integration tests/cdk --update': 'writes what other tests compare with',
  'npx vitest run tests/unit/engine/bad-input -u': 'writes what other tests compare with',
  'docker compose -f infrastructure/docker-compose.yml up -d':
    'needs Docker; tests/unit/infrastructure reads the file',
  './ecom deploy --target docker': 'needs Docker; tests/cdk synthesises the stack',
  './ecom deploy --target aws': 'needs an AWS account; tests/cdk synthesises the stack',
  './ecom deploy --target aws -c alarmEmail=team@example.com':
    'needs an AWS account; tests/cdk synthesises the stack',
  './ecom deploy --target aws -c alarmEmail=you@example.com':
    'needs an AWS account; tests/cdk synthesises the stack',
  './ecom deploy --target aws -c env=staging': 'needs an AWS account; tests/cdk synthesises the stack',
  'npx cdk bootstrap -c target=aws': 'needs an AWS account',
  'npx cdk destroy --all': 'needs an AWS account',
  'npx cdk deploy --all --import-existing-resources': 'needs an AWS account',
  'npx cdk synth -q -c target=aws -c architecture=x86_64 --output .ecom/lint/cdk.out':
    'needs a machine of that architecture; tests/cdk synthesises the stack',
  './ecom generate shop/ && ECOM_TARGET=aws ./ecom run shop/': 'needs an AWS account',
  'ECOM_TARGET=aws ./ecom runs': 'needs an AWS account',
  'aws rds create-db-cluster-snapshot': 'a name in a sentence; needs an AWS account',
  'aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions': 'needs an AWS account',
  'aws cloudwatch set-alarm-state --alarm-name ecom-experiment-failed-runs --state-value ALARM --state-reason test':
    'needs an AWS account',
  'npm ci': 'would replace the packages of this clone; npm run demo installs the same',
  'npm run setup': 'npm run demo does it',
  'npm run pack': 'tests/integration/package packs',
  'npm install <clone>/dist/ecom-experiment-pipeline-0.1.0.tgz':
    "in a project of the reader's own; tests/integration/package installs it in one",
  'npm install': 'a name in a sentence; tests/integration/package installs the tarball',
  'npm run bench': 'takes minutes, and measures',
  'npm run bench -- 5000000 --rounds 3 --deployed --keep': 'takes minutes, and measures',
  'npm run bench -- 5000000 --again --keep': 'takes minutes, and measures',
  'npm run bench -- --first --keep': 'takes minutes, and measures',
  'npm run bench -- --small --keep': 'takes minutes, and measures',
  'npm run failover': 'takes minutes',
  'npm run emulator:second': 'takes minutes, and installs an emulator',
  'npm run oracle:spark': 'needs a Java, and installs Spark',
  'node infrastructure/run.mjs tests/bench/stages.ts <folder>': 'takes minutes, and measures',
  './ecom generate <folder> --events 100000000 --uplift 0.25 --seed 42': 'takes minutes and 9 GB, to measure',
  './ecom generate <folder> --events 5000000 --uplift 0.25 --seed 42':
    'takes a minute and 440 MB, to measure',
  './ecom analyze': 'a name in a sentence; the README shows it whole',
  './ecom doctor --aws': 'needs an AWS account; tests/unit/cli/aws answers as one',
  './ecom init': 'a name in a sentence; the README shows it whole',
  'node infrastructure/run.mjs tests/bench/pollock.ts <checkout> --write':
    'needs a checkout of the benchmark',
  'node infrastructure/run.mjs tests/bench/soak.ts 50 10 100':
    'takes minutes, and measures a deployment of its own',
  'node infrastructure/run.mjs tests/oracle/agreement.ts': 'takes minutes; tests/oracle holds its record',
  'node infrastructure/run.mjs tests/simulation/run.ts': 'takes minutes; tests/oracle holds its record',
  'node infrastructure/run.mjs tests/simulation/few-buyers.ts': 'takes minutes, and writes a document',
  'node infrastructure/run.mjs tests/simulation/too-few-users.ts': 'takes minutes',
  'node infrastructure/run.mjs tests/simulation/adjustment.ts': 'takes minutes, and writes a document',
  'node infrastructure/run.mjs tests/simulation/split-causes.ts': 'takes minutes, and writes a document',
  'node infrastructure/run.mjs tests/simulation/scale/load.ts --keep': 'measures, and writes its record',
  'node infrastructure/run.mjs tests/simulation/winners-curse.ts': 'takes minutes',
  'npm run simulate:decisions -- --threads 2': 'takes minutes',
  'npm run simulate:scale -- --measure 1e6': 'takes minutes, and writes a document',
  'node infrastructure/run.mjs tests/mutation/run.ts': 'takes minutes; tests/oracle holds its record',
  '.venv/bin/python mend.py export/products.csv my-data/products.csv':
    "mend.py is the reader's copy; tests/unit/docs/own-data.test.ts runs it",
  '.venv/bin/python mend.py export/events.csv my-data/events.csv event_ts=time revenue=money':
    "mend.py is the reader's copy; tests/unit/docs/own-data.test.ts runs it",
  '.venv/bin/python -c "import csv, sys; csv.writer(sys.stdout).writerows(r for r in csv.reader(sys.stdin) if r[2])" < export/events.csv > my-data/events.csv':
    "reads the reader's export; tests/unit/docs/own-data.test.ts runs it",
  'npm sbom --omit dev --package-lock-only --sbom-format cyclonedx':
    'tests/unit/docs/licences.test.ts runs it',
  'aws s3 cp': 'a name in a sentence; the README shows it whole',
  'ECOM_PORT=4600 ./ecom up': 'a fixed port may be taken; up-down.test.ts starts on another one',
  './ecom upload': 'a name in a sentence; commands.test.ts runs it',
};

/** Commands that begin and end the stack; the others come between, in the order of reading. */
const first = ['npm run demo'];
const last = ['./ecom down', './ecom up', './ecom down --wipe'];

const documented = documentedCommands();
const inBetween = [...documented.keys()].filter(
  (command) => !(command in notRun) && !first.includes(command) && !last.includes(command),
);

/**
 * A reader who follows the documents from a clone with a folder of CSVs in it, on a machine of his own: the clone is
 * this one by links, its state and port are free ones.
 */
describe('every command of the documents', () => {
  const clone = mkdtempSync(path.join(tmpdir(), 'ecom-documents-'));
  const stateFolder = path.join(clone, '.ecom');
  const environment: Record<string, string | undefined> = {};
  /** What stands for a word in angle brackets. */
  const words = new Map([
    ['<dir>', 'my-data/'],
    ['<clone>', clone],
  ]);

  beforeAll(async () => {
    mkdirSync(stateFolder);
    stopWhenThisProcessDies(stateFolder);
    for (const name of readdirSync(PROJECT_ROOT)) {
      if (!['.ecom', '.git', 'cdk.out'].includes(name)) {
        symlinkSync(path.join(PROJECT_ROOT, name), path.join(clone, name));
      }
    }
    const port = await freePort();
    Object.assign(environment, {
      ...process.env,
      NO_COLOR: '1',
      ECOM_STATE: stateFolder,
      ECOM_PORT: String(port),
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      // Of npm's own run, which would make this one's npx look in the wrong place.
      npm_config_local_prefix: clone,
    });
    const data = path.join(clone, 'my-data');
    const { code, stderr } = await runEcom(['generate', data, '--users', '2000'], { stateFolder });
    expect(code, stderr).toBe(0);
  });
  afterAll(async () => {
    await runEcom(['down', '--wipe'], { stateFolder });
    await rm(clone, { recursive: true, force: true });
  });

  const start = (command: string) =>
    spawn('bash', ['-c', `exec 0</dev/null; ${command}`], {
      cwd: clone,
      env: environment,
      // A group of its own, for Ctrl-C reaches all of it.
      detached: true,
    });

  async function run(command: string): Promise<string> {
    const child = start(command);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect(code, `${command}\n${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  it('is run here, or named with the reason why not', () => {
    const unknown = Object.keys(notRun).filter((command) => !documented.has(command));
    expect(unknown, 'no document shows these').toEqual([]);
    expect([...first, ...last].filter((command) => !documented.has(command))).toEqual([]);
    expect(inBetween.length).toBeGreaterThan(20);
  });

  it.each(first)('%s', async (command) => {
    expect(await run(command)).toContain('SHIP treatment');
  });

  it.each(inBetween)('%s', async (command) => {
    const filled = command.replace(/<\w+>/g, (word) => words.get(word) ?? word);
    expect(filled, 'words that no earlier command gave').not.toMatch(/<\w+>/);
    if (command.startsWith('./ecom ui')) return expectPage(filled);
    if (command.startsWith('eval ')) {
      const exported = (await run(`${filled}; env -0`)).split('\0').map((line) => line.split('='));
      for (const [name = '', ...value] of exported) environment[name] = value.join('=');
      expect(environment.DATABASE_URL).toMatch(/^postgres/);
      return;
    }
    const stdout = await run(filled);
    if (command.includes('list-executions')) {
      expect(JSON.parse(stdout).executions.length).toBe(2);
      words.set('<executionArn>', JSON.parse(stdout).executions[0].executionArn);
    }
    if (command === './ecom run my-data/') {
      const [{ runId }] = JSON.parse(await run('./ecom runs --json'));
      words.set('<run>', runId);
    }
  });

  it.each(last)('%s', async (command) => {
    await run(command);
    if (command === './ecom up') expect(JSON.parse(await run('./ecom runs --json')).length).toBe(2);
  });

  /** Starts the page as told but for the browser, which there may be none of, reads it, and presses Ctrl-C. */
  async function expectPage(command: string): Promise<void> {
    const child = start(
      `exec ${command.replace(' --open', '')}${command.includes('--port') ? '' : ' --port 0'}`,
    );
    let url: string | undefined;
    for await (const line of createInterface(child.stdout)) {
      url = /https?:\S+/.exec(line)?.[0];
      break;
    }
    const page = await fetch(url ?? '');
    expect(await page.text()).toContain('<!doctype html>');
    const ended = once(child, 'close');
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    await expect(fetch(url ?? '')).rejects.toThrow();
  }
}, 240_000);
