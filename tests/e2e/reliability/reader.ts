import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Deployed } from '../deployed.ts';
import { type Drop, shownRuns } from './drop.ts';

/** Somebody who never stops reading a drop's views and pointer. */
export class Reader {
  /** What the views showed, each state once. */
  readonly views = new Set<string>();
  /** The runs that the pointer named. */
  readonly pointers = new Set<string>();
  #reading = true;
  readonly #loops: Promise<unknown>;

  constructor(deployed: Deployed, drop: Drop) {
    this.#loops = Promise.all([this.#readViews(deployed, drop), this.#readPointer(drop)]);
  }

  async stop(): Promise<this> {
    this.#reading = false;
    await this.#loops;
    return this;
  }

  /** Connects again whenever the server goes away; a state is what one statement says. */
  async #readViews({ environment }: Deployed, drop: Drop): Promise<void> {
    while (this.#reading) {
      const client = new pg.Client({ connectionString: environment.DATABASE_URL });
      client.on('error', () => {
        // The statement under way, or the next one, fails as well.
      });
      try {
        await client.connect();
        while (this.#reading) {
          this.views.add(JSON.stringify((await client.query(shownRuns, [drop.name])).rows));
          await sleep(15);
        }
      } catch (error) {
        if (!isAway(error)) throw error;
        await sleep(50);
      } finally {
        await client.end();
      }
    }
  }

  async #readPointer(drop: Drop): Promise<void> {
    while (this.#reading) {
      this.pointers.add((await drop.latest())?.runId ?? 'none');
      await sleep(100);
    }
  }
}

function isAway(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    code.startsWith('57P') ||
    /^ECONN|^EPIPE/.test(code) ||
    /^Connection terminated|not queryable/.test(message)
  );
}
