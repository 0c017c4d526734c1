import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { Failure } from '../drivers/failure.js';

/** A private key in OpenSSH's format, and its public line. */
export interface HostKey {
  readonly private: string;
  readonly public: string;
}

const uint32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
};
const text = (value: string | Buffer): Buffer => Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);

/** A new ed25519 key for a host's sshd. */
export function makeHostKey(host: string): HostKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const blob = Buffer.concat([text('ssh-ed25519'), text(point)]);
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, blob, text(Buffer.concat([seed, point])), text(host)]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, i) => i + 1));
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    uint32(1),
    text(blob),
    text(Buffer.concat([body, padding])),
  ]);
  const lines = all.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    public: `ssh-ed25519 ${blob.toString('base64')}`,
  };
}

/** The public line of a private key file's text, which OpenSSH's format holds unencrypted. Raises Failure `refused` for another format. */
export function publicKeyOf(file: string, privateText: string): string {
  const found = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(privateText);
  const bytes = Buffer.from(found?.[1] ?? '', 'base64');
  if (bytes.subarray(0, 15).toString('latin1') !== 'openssh-key-v1\0')
    throw new Failure('refused', `${file} is no private key in OpenSSH's format: ssh-keygen -p -N '' -f ${file} rewrites it`);
  let at = 15;
  const next = (): Buffer => {
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return bytes.subarray(at - length, at);
  };
  for (let skipped = 0; skipped < 3; skipped++) next();
  at += 4;
  const blob = next();
  return `${blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')} ${blob.toString('base64')}`;
}

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/**
 * A certificate that signs itself, for the door: hosts know it by its fingerprint, so nothing else in it counts and its
 * dates are those before and after all others (2000 to 9999). ECDSA over P-256.
 */
export function makeCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(0x30, der(0x06, hex('2a8648ce3d040302')));
  const name = der(0x30, der(0x31, der(0x30, der(0x06, hex('550403')), der(0x0c, Buffer.from('domus boot')))));
  const dates = der(0x30, der(0x18, Buffer.from('20000101000000Z')), der(0x18, Buffer.from('99991231235959Z')));
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)]));
  const body = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), serial, algorithm, name, dates, name, publicKey.export({ type: 'spki', format: 'der' }));
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const signature = sign('sha256', body, createPrivateKey(pkcs8));
  const whole = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return { key: String(pkcs8), cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n` };
}
