import { once } from 'node:events';
import process from 'node:process';
import { openBrowser } from '../browser.ts';
import { connect } from '../pipeline/connection.ts';
import { note, print } from '../terminal.ts';
import { serve } from '../ui/server.ts';
import { Site } from '../ui/site.ts';

export interface UiOptions {
  readonly port: number;
  readonly open?: boolean;
}

/** `ecom ui`: runs, reports and uploads in the browser. */
export async function ui(options: UiOptions): Promise<void> {
  const connection = connect();
  const server = await serve(new Site(connection, process.env.DATABASE_URL), options.port);
  print(server.url);
  note('Ctrl-C ends it');
  if (options.open) await openBrowser(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}
