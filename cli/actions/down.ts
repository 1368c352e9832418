import { down } from '../local/down.ts';
import { print, printJson } from '../terminal.ts';

export interface DownOptions {
  readonly wipe?: boolean;
  readonly json?: boolean;
}

/** `ecom down`: nothing runs any more. */
export async function stop({ wipe = false, json }: DownOptions): Promise<void> {
  await down({ wipe });
  if (json) printJson({ running: false, wiped: wipe });
  else print('down');
}
