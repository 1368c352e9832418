import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Fault } from '../../layers/platform/errors.ts';

/** Header in which the page's script sends the token that the server gave the page. */
export const tokenHeader = 'x-ecom-token';

export interface Refusal {
  readonly status: number;
  readonly fault: Fault;
}

/**
 * Keeps other sites away from a server that any page in the same browser can send requests to. A request has to name
 * this machine as its host, which one that came through another site's DNS name does not; one that changes something
 * has to come from this server's own pages, and to carry their token.
 */
export class Guard {
  readonly token = randomBytes(24).toString('base64url');
  readonly #hosts: ReadonlySet<string>;

  constructor(port: number) {
    const names = ['127.0.0.1', 'localhost', '[::1]'];
    this.#hosts = new Set(
      names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])),
    );
  }

  /** Why the request is not answered; undefined where it may be. */
  refusal({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): Refusal | undefined {
    const host = headers.host?.toLowerCase() ?? '';
    if (!this.#hosts.has(host)) {
      return {
        status: 421,
        fault: {
          what: 'this server answers to its local address only',
          where: `Host: ${host}`,
          remedy: `Open http://${[...this.#hosts][0]}`,
        },
      };
    }
    if (method === 'GET' || method === 'HEAD') return undefined;
    if (headers.origin === `http://${host}` && this.#hasToken(headers)) return undefined;
    return {
      status: 403,
      fault: {
        what: 'only the pages of this server may change something',
        remedy: 'Reload the page, or upload with: ./ecom upload <dir>',
      },
    };
  }

  #hasToken(headers: IncomingHttpHeaders): boolean {
    const given = Buffer.from(String(headers[tokenHeader] ?? ''));
    const wanted = Buffer.from(this.token);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
