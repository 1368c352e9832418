import type { Command } from 'commander';
import { ensureUp, parsePort } from '../local/up.ts';
import { print } from '../terminal.ts';

/** `ecom up`: everything runs and is deployed. */
export function registerUp(program: Command): void {
  program
    .command('up')
    .description('start the local emulator and database, and deploy the pipeline')
    .option('--port <number>', 'port of the emulator (default: ECOM_PORT, or 4566)', (text) =>
      parsePort(text, '--port'),
    )
    .option('--no-deploy', 'start only, deploy nothing')
    .addHelpText(
      'after',
      '\nDATABASE_URL in the environment takes the place of the embedded PostgreSQL; ECOM_STATE names another state folder.',
    )
    .action(async (options: { port?: number; deploy: boolean }) => {
      const { emulator, deployed } = await ensureUp(options);
      print(
        `up at ${emulator?.endpoint}${deployed === undefined ? ', nothing deployed' : ''} (ecom status says more)`,
      );
    });
}
