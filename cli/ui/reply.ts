import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { jsonText } from '../../layers/platform/object-store.ts';
import type { Html } from '../../layers/report/html/html.ts';

/** An answer to a request, apart from what all answers have in common. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Readable;
}

/** Nothing but the server's own files, no inline code, in nobody's frame. */
const pagePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * A file that a run wrote is shown in an origin of its own: whatever it contains, it can neither read these pages nor
 * their token. A report's own policy allows its one style and script by their hashes, on top of this.
 */
const filePolicy = [
  'sandbox allow-scripts allow-modals allow-downloads',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "script-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const commonHeaders = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

export function page(markup: Html, status = 200): Reply {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: markup.markup };
}

export function json(value: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: jsonText(value) };
}

export function asset(contentType: string, body: string): Reply {
  return { status: 200, headers: { 'content-type': contentType }, body };
}

export function file(contentType: string, body: Readable, downloadAs: string | undefined): Reply {
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'content-security-policy': filePolicy,
      ...(downloadAs === undefined ? {} : { 'content-disposition': `attachment; filename="${downloadAs}"` }),
    },
    body,
  };
}

/** Sends a reply; one whose text the browser has already is not sent again. */
export async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, body } = reply;
  const headers: Record<string, string> = { ...commonHeaders, ...reply.headers };
  if (typeof body !== 'string') {
    response.writeHead(status, headers);
    if (request.method !== 'HEAD') return pipeline(body, response);
    body.destroy();
    response.end();
    return;
  }
  headers.etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  if (status === 200 && request.headers['if-none-match'] === headers.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  headers['content-length'] = String(Buffer.byteLength(body));
  response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
}
