import type { Command } from 'commander';
import type { DoctorOptions } from '../actions/doctor.ts';

/** `ecom doctor`: whether this machine has what the pipeline needs. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine: what is there, what is missing, and the way out')
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nEnds with 1 where something that is needed fails.\n\nExamples:\n  ecom doctor\n  ecom doctor --json | jq -r ".[] | select(.status != \\"ok\\") | .remedy"',
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('../actions/doctor.ts');
      await doctor(options);
    });
}
