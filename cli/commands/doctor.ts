import process from 'node:process';
import type { Command } from 'commander';
import { examine } from '../doctor/doctor.ts';
import { paint, print, printJson, visible } from '../terminal.ts';

/** `ecom doctor`: whether this machine has what the pipeline needs. */
export function define(command: Command): void {
  command
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nEnds with 1 where something that is needed fails.\n\nExamples:\n  ecom doctor\n  ecom doctor --json | jq -r ".[] | select(.status != \\"ok\\") | .remedy"',
    )
    .action(doctor);
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

interface DoctorOptions {
  readonly json?: boolean;
}

async function doctor(options: DoctorOptions): Promise<void> {
  const findings = await examine();
  if (options.json) printJson(findings);
  else {
    for (const { check, status, finding, remedy } of findings) {
      const way = remedy === null ? '' : `. ${remedy}`;
      print(`${paint(colours[status], status.padEnd(4))}  ${check.padEnd(15)}  ${visible(finding + way)}`);
    }
  }
  if (findings.some(({ status }) => status === 'fail')) process.exitCode = 1;
}
