import type { Command } from 'commander';
import type { UpOptions } from '../actions/up.ts';
import { parsePort } from '../arguments.ts';

/** `ecom up`: everything runs and is deployed. */
export function registerUp(program: Command): void {
  program
    .command('up')
    .description('start the local emulator and database, and deploy the pipeline')
    .option('--port <number>', 'port of the emulator (default: ECOM_PORT, or 4566)', (text) =>
      parsePort(text, '--port'),
    )
    .option('--no-deploy', 'start only, deploy nothing')
    .option('--json', 'print what runs as JSON, as ecom status does')
    .addHelpText(
      'after',
      '\nDATABASE_URL in the environment takes the place of the embedded PostgreSQL; ECOM_STATE names another state folder.\n\nExamples:\n  ecom up\n  ecom up --port 4600\n  DATABASE_URL=postgres://me:secret@db/ecom ecom up',
    )
    .action(async (options: UpOptions) => {
      const { up } = await import('../actions/up.ts');
      await up(options);
    });
}
