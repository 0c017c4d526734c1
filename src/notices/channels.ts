import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { Failure } from '../drivers/failure.js';
import type { Shell } from '../drivers/shell.js';
import type { Channel, Message } from '../model/notice.js';

/** One try of one message. Raises Failure (its sentence is kept); resolves when the other side has taken it. */
export type Send = (message: Message, signal: AbortSignal) => Promise<void>;

/** A secret is one line in a file, read at each use, so that a new one needs no restart. */
async function secretOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new Failure('denied', `the secret ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  });
  const secret = text.trim();
  if (secret === '') throw new Failure('refused', `the secret ${file} is empty`);
  return secret;
}

/** Connection, greeting and silence of a mail server, ms. */
const mailPatienceMs = 20_000;

const mail =
  (channel: Channel & { kind: 'mail' }): Send =>
  async (message, signal) => {
    const { server, port, security, user, passwordFile, from, to } = channel;
    const auth = user === undefined || passwordFile === undefined ? {} : { auth: { user, pass: await secretOf(passwordFile) } };
    const patience = { connectionTimeout: mailPatienceMs, greetingTimeout: mailPatienceMs, socketTimeout: mailPatienceMs };
    const secure = security === 'tls';
    const transport = createTransport({
      host: server,
      port,
      secure,
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      ...auth,
      ...patience,
    });
    const stop = (): void => transport.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: `[domus ${message.deployment}] ${message.title}`,
        text: `${message.lines.join('\n')}\n\n-- \nDomus, deployment ${message.deployment}, rule ${message.rule}\n`,
        messageId: `<${message.id}@domus.${message.deployment}>`,
        date: new Date(message.at),
        headers: { 'X-Domus-Kind': message.kind, 'Auto-Submitted': 'auto-generated' },
      });
    } catch (thrown) {
      throw new Failure('uncertain', `${server}:${port}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  };

/** What a receiver computes itself and compares: HMAC-SHA256 over the time and the body as sent. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

const webhook =
  ({ url, secretFile }: Channel & { kind: 'webhook' }): Send =>
  async (message, signal) => {
    const body = JSON.stringify(message);
    const timestamp = String(Math.trunc(message.at / 1000));
    const signed = secretFile === undefined ? {} : { 'x-domus-signature': signatureOf(await secretOf(secretFile), timestamp, body) };
    const headers = { 'content-type': 'application/json', 'user-agent': 'domus', 'x-domus-id': message.id, 'x-domus-timestamp': timestamp, ...signed };
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch((thrown: unknown) => {
      const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
      throw new Failure('uncertain', `${new URL(url).host}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause: thrown });
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Failure('refused', `${new URL(url).host} answered ${answer.status}`);
  };

const command =
  ({ argv }: Channel & { kind: 'command' }, shell: Shell): Send =>
  async (message, signal) => {
    const { exit, stderr } = await shell.run(argv, { stdin: `${JSON.stringify(message)}\n`, signal, maxBytes: 65_536 });
    if (exit !== 0) throw new Failure('refused', `${argv[0]} ended with ${exit}${stderr.trim() === '' ? '' : `: ${stderr.trim().slice(0, 200)}`}`);
  };

/** The way through a channel. */
export function sender(channel: Channel, shell: Shell): Send {
  switch (channel.kind) {
    case 'mail':
      return mail(channel);
    case 'webhook':
      return webhook(channel);
    case 'command':
      return command(channel, shell);
  }
}

/** Longest try, ms. */
export const limitOf = (channel: Channel): number => (channel.kind === 'command' ? channel.limitMs : channel.kind === 'mail' ? 60_000 : 15_000);
