import { runDrop } from '../pipeline/run-drop.ts';
import { downloadReport, verdictText } from '../pipeline/run-report.ts';
import { startAndConnect } from '../pipeline/start.ts';
import { prepareDrop } from '../pipeline/upload.ts';
import { note, print, printJson, visible } from '../terminal.ts';
import { checkBeforeUpload } from '../validate/validate.ts';

export interface RunOptions {
  readonly drop: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** `ecom run <dir>`: from a folder of CSVs to the verdict. */
export async function run(folder: string, options: RunOptions): Promise<void> {
  const prepared = await prepareDrop({ folder, drop: options.drop, configFile: options.config });
  for (const sentence of prepared.unused) note(visible(sentence));
  await checkBeforeUpload({ folder, configFile: options.config });
  const connection = await startAndConnect();
  const report = await runDrop(connection, prepared);
  const files = await downloadReport(connection, report.run.runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}\n`);
  for (const file of files) print(file);
}
