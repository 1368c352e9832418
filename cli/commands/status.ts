import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { type LocalEnvironment, localEnvironment } from '../local/environment.ts';
import { readState } from '../local/state.ts';
import { readStatus, type Status } from '../local/status.ts';
import { counted, paint, print, printJson, shellWord } from '../terminal.ts';

/** `ecom status`: what runs, where, and how to talk to it. */
export function define(command: Command): void {
  command
    .option(
      '--export',
      'print the environment for other tools alone, as export lines; ends with 1 where nothing runs',
    )
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ecom status\n  eval "$(ecom status --export)"\n  ecom status --json | jq -r .environment.AWS_ENDPOINT_URL',
    )
    .action(status);
}

interface StatusOptions {
  readonly export?: boolean;
  readonly json?: boolean;
}

async function status(options: StatusOptions): Promise<void> {
  if (options.export) {
    const variables = localEnvironment(readState());
    return options.json ? printJson(variables) : print(exportLines(variables).join('\n'));
  }
  const status = await readStatus();
  if (options.json) printJson(status);
  else print(describe(status));
}

function describe({
  emulator,
  postgres,
  deployed,
  saved,
  awslocal,
  environment,
  stateFolder,
}: Status): string {
  const lines = [
    row(
      'emulator',
      emulator &&
        `LocalStack ${emulator.version ?? 'starting'} on ${emulator.endpoint}${emulator.healthy ? '' : ', which does not answer'}`,
    ),
    row(
      'database',
      postgres &&
        `PostgreSQL ${postgres.version}, ${postgres.kind === 'embedded' ? 'embedded' : 'from DATABASE_URL'}`,
    ),
    row(
      'pipeline',
      deployed &&
        `deployed at ${deployed.at}${deployed.current ? '' : ', but its sources have changed since'}`,
      'not deployed',
    ),
    row('state', stateFolder),
  ];
  if (saved !== null) lines.push(row('saved', `${counted(saved.objects, 'object')} at ${saved.at}`));
  if (emulator !== null) lines.push(row('log', emulator.log));
  if (postgres?.log != null) lines.push(row('', postgres.log));
  if (environment === null) return [...lines, '', 'Start it: ./ecom up'].join('\n');
  return [
    ...lines,
    '',
    ...exportLines(environment),
    `AWS_ENDPOINT_URL=${environment.AWS_ENDPOINT_URL} ${shellWord(shortest(awslocal))} s3 ls`,
    ...(deployed !== null && !deployed.current ? ['', 'Deploy the changes: ./ecom up'] : []),
  ].join('\n');
}

function exportLines(environment: LocalEnvironment): string[] {
  return Object.entries(environment).map(([name, value]) => `export ${name}=${shellWord(value)}`);
}

function row(title: string, value: string | null, missing = 'not running'): string {
  return `${paint('bold', title.padEnd(10))}${value ?? missing}`;
}

/** The path as one types it from here. */
function shortest(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
