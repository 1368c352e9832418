import { readStatus } from '../local/status.ts';
import { ensureUp } from '../local/up.ts';
import { print, printJson } from '../terminal.ts';

export interface UpOptions {
  readonly port?: number;
  readonly deploy: boolean;
  readonly json?: boolean;
}

/** `ecom up`: everything runs and is deployed. */
export async function up({ json, ...options }: UpOptions): Promise<void> {
  const { emulator, deployed } = await ensureUp(options);
  if (json) return printJson(await readStatus());
  print(
    `up at ${emulator?.endpoint}${deployed === undefined ? ', nothing deployed' : ''} (ecom status says more)`,
  );
}
