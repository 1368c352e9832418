import type { Command } from 'commander';
import type { PsqlOptions } from '../actions/psql.ts';

/** `ecom psql`: SQL on the marts. */
export function registerPsql(program: Command): void {
  program
    .command('psql')
    .description(
      'open the marts in psql (or a plain prompt where psql is not installed), or run one statement',
    )
    .option('-c, --command <sql>', 'run this and end')
    .option('--json', 'print the rows of --command as JSON')
    .addHelpText(
      'after',
      '\nWhere psql is not installed, \\d lists the tables and views, and \\d <name> the columns of one.\n\nExamples:\n  ecom psql\n  ecom psql -c "select variant, count(*), sum(revenue) from mart_user_outcomes group by variant"',
    )
    .action(async (options: PsqlOptions) => {
      const { psql } = await import('../actions/psql.ts');
      await psql(options);
    });
}
