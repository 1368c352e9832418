import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { nativeFolder } from '../../infrastructure/postgres/native.mjs';
import { commandOf } from '../../infrastructure/processes.mjs';
import { thisMachine } from '../../infrastructure/setup/machine.mjs';
import { nodePackages } from '../../infrastructure/setup/node-packages.mjs';
import { Problem } from '../../infrastructure/setup/problem.mjs';
import { pythonPackages } from '../../infrastructure/setup/python-packages.mjs';
import { requireNode, requirePlatform, requireSpace } from '../../infrastructure/setup/requirements.mjs';
import { capture } from '../../infrastructure/setup/tools.mjs';
import { PipelineError } from '../../layers/platform/errors.ts';
import { portOfEnvironment } from '../arguments.ts';
import { type Finding, fail, type Outcome, ok, warn } from '../finding.ts';
import { askVersion as askDatabase, withoutPassword } from '../local/database.ts';
import { defaultPort, findOwn } from '../local/emulator.ts';
import { findListener, isFree } from '../local/listener.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import { readStatus, type Status } from '../local/status.ts';
import { formatBytes, paint, print, printJson, visible } from '../terminal.ts';

/** `ecom doctor`: whether this machine, or with `--aws` the account, has what the pipeline needs. */
export function define(command: Command): void {
  command
    .option('--aws', 'look at the AWS account and region in use, and what is deployed there')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nEnds with 1 where something that is needed fails.\n\nExamples:\n  ecom doctor\n  ECOM_ENV=staging ecom doctor --aws\n  ecom doctor --json | jq -r ".[] | select(.status != \\"ok\\") | .remedy"',
    )
    .action(doctor);
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

interface DoctorOptions {
  readonly aws?: boolean;
  readonly json?: boolean;
}

async function doctor(options: DoctorOptions): Promise<void> {
  const findings = options.aws
    ? await (await import('../aws/examine.ts')).examineAws()
    : await examine(PROJECT_ROOT);
  if (options.json) printJson(findings);
  else {
    for (const { check, status, finding, remedy } of findings) {
      const way = remedy === null ? '' : `. ${remedy}`;
      print(`${paint(colours[status], status.padEnd(4))}  ${check.padEnd(16)}  ${visible(finding + way)}`);
    }
  }
  if (findings.some(({ status }) => status === 'fail')) process.exitCode = 1;
}

/** What a run on this machine needs, in the order in which one would mend it. */
async function examine(root: string): Promise<Finding[]> {
  const python = pythonPackages(root);
  const node = nodePackages(root);
  const installed = python.isCurrent() && node.isCurrent();
  const status = await readStatus();
  const checks: [string, () => Outcome | Promise<Outcome>][] = [
    ['machine', checkMachine],
    ['Node.js', checkNode],
    ['Python', () => checkPython(python)],
    ['disk', () => checkDisk(root, installed)],
    ['Node packages', () => checkPackages(node)],
    ['Python packages', () => checkPackages(python)],
    ['state folder', checkStateFolder],
    ['database', () => checkDatabase(root, status)],
    ['port', () => checkPort(status)],
    ['emulator', () => checkEmulator(status)],
    ['deployment', () => checkDeployment(status)],
    ['Docker', () => checkOptional(root, 'docker', 'only `ecom deploy --target docker` needs it')],
    ['Chromium', () => checkChromium(root)],
  ];
  const findings: Finding[] = [];
  for (const [check, look] of checks) findings.push({ check, ...(await outcomeOf(look)) });
  return findings;
}

async function outcomeOf(look: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Problem) return fail(error.message, error.remedy);
    if (error instanceof PipelineError) return fail(error.fault.what, error.fault.remedy ?? '');
    throw error;
  }
}

function checkMachine(): Outcome {
  const machine = thisMachine();
  requirePlatform(machine);
  return ok(`${machine.platform} on ${machine.arch}`);
}

function checkNode(): Outcome {
  requireNode(process.versions.node);
  return ok(process.versions.node);
}

async function checkPython(packages: ReturnType<typeof pythonPackages>): Promise<Outcome> {
  try {
    const { command, version } = await packages.find();
    return ok(`${version} (${command})`);
  } catch (error) {
    if (!(error instanceof Problem) || !packages.isCurrent()) throw error;
    return warn(`${error.message}; what is installed runs on`, error.remedy);
  }
}

function checkDisk(root: string, installed: boolean): Outcome {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  try {
    requireSpace(free, root);
  } catch (error) {
    if (!(error instanceof Problem) || !installed) throw error;
    return warn(`${formatBytes(free)} free: large data will not fit`, 'Free some space');
  }
  return ok(`${formatBytes(free)} free`);
}

function checkPackages({ isCurrent }: { isCurrent(): boolean }): Outcome {
  return isCurrent()
    ? ok('installed as locked')
    : fail('not installed as locked', 'Install them: npm run setup');
}

function checkStateFolder(): Outcome {
  const folder = stateFolder();
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return ok(folder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(code)) throw error;
    return fail(`${folder} cannot be written to (${code})`, 'Name another folder: ECOM_STATE=/path');
  }
}

async function checkDatabase(root: string, { postgres }: Status): Promise<Outcome> {
  const url = process.env.DATABASE_URL || undefined;
  if (url !== undefined)
    return ok(`PostgreSQL ${await askDatabase(url)} of DATABASE_URL, ${withoutPassword(url)}`);
  const server = path.join(nativeFolder(root), 'bin', 'postgres');
  if (!existsSync(server)) {
    return fail('the binaries of PostgreSQL are missing', 'Install them: npm run setup. Or set DATABASE_URL');
  }
  return ok(
    postgres === null
      ? 'PostgreSQL is there, and starts with ecom up'
      : `PostgreSQL ${postgres.version} runs`,
  );
}

async function checkPort({ emulator }: Status): Promise<Outcome> {
  if (emulator !== null) return ok(`${new URL(emulator.endpoint).port}, which the emulator has`);
  const port = portOfEnvironment() ?? defaultPort;
  if (await isFree(port)) return ok(`${port} is free`);
  const own = findOwn(statePaths(stateFolder()), port);
  if (own !== undefined) {
    return warn(
      `${port} is taken by an emulator of the state folder that is on record no more: process ${own.pid}`,
      'ecom up and ecom run take it over or replace it; ./ecom down stops it where its folder was removed',
    );
  }
  const holder = findListener(port);
  const who =
    holder === undefined ? 'another program' : `process ${holder}, ${commandOf(holder).slice(0, 80)}`;
  return fail(`${port} is taken by ${who}`, 'End that, or take another port: ./ecom up --port <number>');
}

function checkEmulator({ emulator }: Status): Outcome {
  if (emulator === null) return ok('not running; ecom up starts it');
  if (emulator.healthy) return ok(`LocalStack ${emulator.version} answers on ${emulator.endpoint}`);
  return fail(
    `it does not answer on ${emulator.endpoint}`,
    `See ${emulator.log}, then: ./ecom down --wipe && ./ecom up`,
  );
}

function checkDeployment({ deployed }: Status): Outcome {
  if (deployed === null) return ok('none; ecom up and ecom run deploy');
  if (deployed.current) return ok(`as the sources are, from ${deployed.at}`);
  return warn('the sources have changed since', 'Deploy them: ./ecom up (ecom run does so itself)');
}

async function checkOptional(root: string, command: string, purpose: string): Promise<Outcome> {
  const { code, output } = await capture(command, ['--version'], { cwd: root });
  return ok(code === 0 ? (output.trim().split('\n')[0] ?? '') : `not there; ${purpose}`);
}

async function checkChromium(root: string): Promise<Outcome> {
  const named = process.env.CHROMIUM_PATH || undefined;
  const names =
    named === undefined ? ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'] : [named];
  for (const name of names) {
    const { code, output } = await capture(name, ['--version'], { cwd: root });
    // A wrapper script may talk first.
    const version = output.split('\n').find((line) => /\d+\.\d+/.test(line));
    if (code === 0) return ok((version ?? name).trim());
  }
  return ok('not there; only the tests of the report page need it');
}
