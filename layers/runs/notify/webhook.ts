import { z } from 'zod';
import { ConfigError } from '../../platform/errors.ts';
import { readSecretText } from '../../platform/secret.ts';

/** Who hears of decisions. The address may be as secret as the key: Slack's is. */
export interface Webhook {
  readonly url: URL;
  /** What messages are signed with. */
  readonly secret: string;
}

const shape = z.object({ url: z.string(), secret: z.string().min(16) });
const inEnvironment = z.object({ WEBHOOK_SECRET_ARN: z.string().min(1) });

/**
 * The webhook that the function's environment names: in the secret `WEBHOOK_SECRET_ARN`, else by `WEBHOOK_URL` and
 * `WEBHOOK_SECRET`.
 * @throws ConfigError where it is of another shape, without showing it; TransientError where Secrets Manager does not answer
 */
export async function readWebhook(variables: NodeJS.ProcessEnv = process.env): Promise<Webhook> {
  const named = inEnvironment.safeParse(variables);
  if (!named.success) {
    const { WEBHOOK_URL: url, WEBHOOK_SECRET: secret } = variables;
    return webhookOf({ url, secret }, 'ECOM_WEBHOOK_URL, ECOM_WEBHOOK_SECRET');
  }
  const { WEBHOOK_SECRET_ARN: SecretId } = named.data;
  return webhookOf(parsed(await readSecretText(SecretId, 'the webhook')), SecretId);
}

function webhookOf(value: unknown, where: string): Webhook {
  const { success, data } = shape.safeParse(value);
  const url = success && URL.canParse(data.url) ? new URL(data.url) : undefined;
  if (success && url !== undefined && isPrivate(url)) return { url, secret: data.secret };
  throw new ConfigError({
    what: 'the webhook has no https address, or no secret of 16 characters or more',
    where,
    remedy: 'Set it to {"url": "https://...", "secret": "<long and random>"}',
  });
}

/** Whether nobody on the way reads what is sent. */
const isPrivate = ({ protocol, hostname }: URL) =>
  protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
