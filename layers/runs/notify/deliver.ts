import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import type { Webhook } from './webhook.ts';

export interface Message {
  /** JSON. */
  readonly body: string;
  /** The same for the same message, however often it is sent. */
  readonly idempotencyKey: string;
  readonly runId: string;
}

export interface Patience {
  /** Milliseconds before each further try. */
  readonly waits: readonly number[];
  /** Milliseconds that one try may take. */
  readonly timeout: number;
}

/** 65 seconds at most, of the 90 that the function has (cdk/functions.ts). */
const patience: Patience = { waits: [1000, 2000, 4000, 8000], timeout: 10_000 };

/**
 * What `X-Ecom-Signature` says: `v1=` and, in hex, the HMAC-SHA256 of the timestamp, a full stop and the body.
 * @param timestamp of `X-Ecom-Timestamp`, in seconds since 1970
 */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/**
 * Posts a message until it is taken (2xx). Tries again, later and later, after no answer, 408, 425, 429 and 5xx; any other
 * answer would be the same again, redirections included, since the message is for the one who has the secret.
 * @throws WebhookError where it was not taken; it shows the host and no more of the address
 */
export async function deliver(
  { url, secret }: Webhook,
  { body, idempotencyKey, runId }: Message,
  log: Logger,
  { waits, timeout }: Patience = patience,
): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers = {
      'Content-Type': 'application/json',
      'Idempotency-Key': idempotencyKey,
      'X-Ecom-Run': runId,
      'X-Ecom-Timestamp': timestamp,
      'X-Ecom-Signature': signatureOf(secret, timestamp, body),
    };
    const answer = await post(url, { headers, body, timeout });
    if (answer.isTaken) return;
    const wait = waits[tried - 1];
    if (!answer.mayHeal || wait === undefined) {
      throw new WebhookError({
        what: `the webhook did not take the decision, tried ${tried === 1 ? 'once' : `${tried} times`}: ${answer.what}`,
        where: url.host,
        remedy: `The run is published. Mend the receiver, then: ./ecom retry ${runId}`,
      });
    }
    log.warn('the webhook is tried again', { tried, reason: answer.what });
    await sleep(wait);
  }
}

interface Answer {
  readonly isTaken: boolean;
  readonly mayHeal: boolean;
  readonly what: string;
}

async function post(
  url: URL,
  { headers, body, timeout }: { headers: Record<string, string>; body: string; timeout: number },
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    await response.body?.cancel();
    const { status, ok } = response;
    const mayHeal = status >= 500 || [408, 425, 429].includes(status);
    return { isTaken: ok, mayHeal, what: `it answers ${status}` };
  } catch (error) {
    const { name, cause } = error as Error;
    const code = (cause as { code?: string } | undefined)?.code;
    return { isTaken: false, mayHeal: true, what: `it does not answer: ${code ?? name}` };
  }
}
