import process from 'node:process';
import pg from 'pg';
import { removeCluster } from '../../../infrastructure/postgres/cluster.ts';
import { startServer, stopServer } from '../../../infrastructure/postgres/server.ts';

/** Entry of a process of its own (another user, another checkout): starts a server, asks it, stops it, wipes it. */
const [folder = '', logFile = ''] = process.argv.slice(2);
const server = await startServer({ folder, logFile });
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const { rows } = await client.query<{ sum: number }>('select 40 + 2 as sum');
await client.end();
await stopServer(folder);
removeCluster(folder);
process.stdout.write(JSON.stringify({ home: server.home, sum: rows[0]?.sum, uid: process.getuid?.() }));
