import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type FunctionProcess, processBehind } from './function-process.ts';

/** A request of a function to S3 on its way through the proxy. */
export interface StorageRequest {
  readonly method: string;
  /** Bucket and key. */
  readonly path: string;
  readonly process: FunctionProcess;
}

/** An answer that S3 gives in place of the object. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What befalls a request: the process ends before S3 gets it, or after S3 has done it; it is refused; or it goes on. */
export type Fate = 'kill before' | 'kill after' | 'freeze' | 'pass' | Refusal;

/**
 * Stands between the functions and S3, so that a test can end a function's process at exactly one of its requests: from
 * outside, as the operating system would.
 */
export class StorageProxy {
  readonly #server: http.Server;
  readonly #target: URL;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #processes = new WeakMap<Socket, Promise<FunctionProcess | undefined>>();
  readonly #judges = new Set<(request: StorageRequest) => Fate>();

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = http.createServer((request, response) => {
      this.#forward(request, response).catch(() => response.destroy());
    });
  }

  static async open(target: string): Promise<StorageProxy> {
    const proxy = new StorageProxy(target);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Asks `judge` about every request from now on, until the returned function is called. */
  judgeBy(judge: (request: StorageRequest) => Fate): () => void {
    this.#judges.add(judge);
    return () => this.#judges.delete(judge);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #forward(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const process = await this.#processOf(request.socket);
    const fate = process === undefined ? 'pass' : this.#judge(request, process);
    if (fate === 'kill before') {
      process?.kill();
      return;
    }
    if (fate === 'freeze') process?.freeze();
    if (typeof fate === 'object') return refuse(request, response, fate);
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = request;
    const upstream = http.request({ hostname, port, method, path, headers, agent: this.#agent }, (answer) => {
      if (fate === 'kill after') {
        answer.resume();
        process?.kill();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
  }

  #judge(request: http.IncomingMessage, process: FunctionProcess): Fate {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '').slice(1);
    for (const judge of this.#judges) {
      const fate = judge({ method: request.method ?? '', path, process });
      if (fate !== 'pass') return fate;
    }
    return 'pass';
  }

  /** Looked up once a connection, which belongs to one process. */
  #processOf(socket: Socket): Promise<FunctionProcess | undefined> {
    const known = this.#processes.get(socket);
    if (known !== undefined) return known;
    const found = processBehind(socket);
    this.#processes.set(socket, found);
    return found;
  }
}

/** As S3 does: the reason is XML. */
function refuse(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { status, code, message }: Refusal,
): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
