import type { Command } from 'commander';
import { parsePort } from '../arguments.ts';
import { readStatus } from '../local/status.ts';
import { ensureUp } from '../local/up.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom up`: everything runs and is deployed. */
export function define(command: Command): void {
  command
    .option('--port <number>', 'port of the emulator (default: ECOM_PORT, or 4566)', (text) =>
      parsePort(text, '--port'),
    )
    .option('--no-deploy', 'start only, deploy nothing')
    .option('--json', 'print what runs as JSON, as ecom status does')
    .addHelpText(
      'after',
      '\nDATABASE_URL in the environment takes the place of the embedded PostgreSQL; ECOM_STATE names another state folder.\n\nExamples:\n  ecom up\n  ecom up --port 4600\n  DATABASE_URL=postgres://me:secret@db/ecom ecom up',
    )
    .action(up);
}

interface UpOptions {
  readonly port?: number;
  readonly deploy: boolean;
  readonly json?: boolean;
}

async function up({ json, ...options }: UpOptions): Promise<void> {
  const { emulator, deployed } = await ensureUp(options);
  if (json) return printJson(await readStatus());
  print(
    `up at ${emulator?.endpoint}${deployed === undefined ? ', nothing deployed' : ''} (ecom status says more)`,
  );
}
