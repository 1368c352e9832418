import net, { type AddressInfo, type Socket } from 'node:net';
import { type FunctionProcess, processBehind } from './function-process.ts';

/** What befalls a connection when a function says something over it. */
export type Fate = 'cut' | 'kill' | 'pass';

export interface DatabaseRequest {
  /** What the function sent, as text: statements and rows. */
  readonly text: string;
  readonly process: FunctionProcess;
}

/** Stands between the functions and PostgreSQL, so that a test can cut a connection in the middle of a statement. */
export class DatabaseProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();
  readonly #judges = new Set<(request: DatabaseRequest) => Fate | Promise<Fate>>();
  readonly #target: { readonly host: string; readonly port: number };
  /** Connections that the server did not take. */
  refused = 0;

  private constructor(target: URL) {
    this.#target = { host: target.hostname, port: Number(target.port) };
    this.#server = net.createServer((client) => {
      this.#serve(client).catch(() => client.destroy());
    });
  }

  static async open(target: string): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(new URL(target));
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  judgeBy(judge: (request: DatabaseRequest) => Fate | Promise<Fate>): () => void {
    this.#judges.add(judge);
    return () => this.#judges.delete(judge);
  }

  /** Whether the server takes connections. */
  isReachable(): Promise<boolean> {
    return new Promise((resolve) => {
      const probe = net.connect(this.#target);
      probe.on('connect', () => resolve(true)).on('error', () => resolve(false));
      probe.on('connect', () => probe.destroy());
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(client: Socket): Promise<void> {
    const server = net.connect(this.#target);
    const both = [client, server];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on('error', () => server.destroy());
    server.on('error', () => {
      this.refused += 1;
      client.destroy();
    });
    server.pipe(client);
    const process = await processBehind(client);
    for await (const chunk of client) {
      const fate = process === undefined ? 'pass' : await this.#judge(chunk, process);
      if (fate === 'kill') process?.kill();
      if (fate !== 'pass') return client.destroy() && undefined;
      if (!server.write(chunk)) await new Promise((resolve) => server.once('drain', resolve));
    }
    server.end();
  }

  async #judge(chunk: Buffer, process: FunctionProcess): Promise<Fate> {
    for (const judge of this.#judges) {
      const fate = await judge({ text: chunk.toString('latin1'), process });
      if (fate !== 'pass') return fate;
    }
    return 'pass';
  }
}
