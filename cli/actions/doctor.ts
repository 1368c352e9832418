import process from 'node:process';
import { examine } from '../doctor/doctor.ts';
import { paint, print, printJson, visible } from '../terminal.ts';

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

export interface DoctorOptions {
  readonly json?: boolean;
}

/** `ecom doctor`: whether this machine has what the pipeline needs. */
export async function doctor(options: DoctorOptions): Promise<void> {
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
