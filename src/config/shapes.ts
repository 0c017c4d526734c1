import { z } from 'zod';
import { readDuration, type Written } from './duration.js';
import { readMebibytes } from './memory.js';

/** A value written as text and read by `read`; what was expected is said in its words. */
const written = (read: (text: string) => Written, expected: string) =>
  z
    .string()
    .transform((text, context): number => {
      const result = read(text);
      if ('value' in result) return result.value;
      context.issues.push({ code: 'custom', message: result.expected, input: text });
      return z.NEVER;
    })
    .meta({ expected });

const matching = (grammar: RegExp, expected: string) => z.string().regex(grammar, expected).meta({ expected });

/** A duration as people write it, to ms; zero allowed. */
export const duration = written(readDuration, 'a duration such as 90s, 5m or 1h30m');
const atLeast = (leastMs: number, least: string) =>
  written((text) => {
    const result = readDuration(text);
    return 'value' in result && result.value < leastMs ? { expected: `a duration of at least ${least}` } : result;
  }, 'a duration such as 90s, 5m or 1h30m');
/** The same, and at least 10 ms. */
export const interval = atLeast(10, '10ms');
/** Over which loads are meant: hosts are looked at some times in it. */
export const loadWindow = atLeast(60_000, '1m');
/** A size as people write it, to MiB, above zero. */
export const size = written((text) => {
  const result = readMebibytes(text);
  return 'value' in result && result.value < 1 ? { expected: 'a size above 0' } : result;
}, 'a size such as 512MiB or 2GiB');
/** The same, zero allowed. */
export const sizeOrNone = written(readMebibytes, 'a size such as 512MiB or 2GiB');

export const whole = (from: number, to: number) => {
  const expected = `a whole number from ${from} to ${to}`;
  return z.int(expected).min(from, expected).max(to, expected).meta({ expected });
};
export const decimal = (from: number, to: number) => {
  const expected = `a number from ${from} to ${to}`;
  return z.number(expected).min(from, expected).max(to, expected).meta({ expected });
};

/** Names of environments, pools, batch servers, plugins. */
export const word = matching(/^[a-z][a-z0-9-]{0,30}$/, 'a name of a-z, 0-9 and -, starting with a letter, at most 31 long');
/** No hyphen: guests are called domus-DEPLOYMENT-SEAT-GENERATION, and two deployments must never be mistaken for each other. */
export const deploymentId = matching(/^[a-z][a-z0-9]{1,15}$/, 'a name of 2 to 16 letters a-z and digits (no hyphen), starting with a letter');
/** A host name, maybe with one range in brackets. */
export const namePattern = matching(/^[A-Za-z0-9.[\],-]{1,253}$/, 'a host name such as wn07.example.org, or a range such as wn[01-08].example.org');
/** What a browser opens. */
export const pageUrl = matching(/^https?:\/\/[A-Za-z0-9.:[\]-]{1,253}\/?$/, 'an address such as https://domus.example.org:8443');
/** An address to listen on. */
export const ipAddress = matching(/^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,39})$/, 'an IP address such as 127.0.0.1 or ::1');
export const addressRange = matching(/^[0-9.\s-]{7,40}$/, 'an IPv4 address or a range such as 10.1.2.1-10.1.2.8');
export const macRange = matching(/^[0-9a-fA-F:\s-]{17,40}$/, 'a MAC address or a range such as 00:16:3e:00:00:01-00:16:3e:00:00:08');
/** One word that no command line, file or property list can misread. */
export const plainWord = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'one word of letters, digits, dot, _ and -');
export const accountWord = matching(/^[\w.@/:+-]{1,64}$/, 'an account name without blanks');
/** A kernel argument: printable, no blank, no comma-proof quoting needed. */
export const argument = matching(/^[\w.,:=/@+-]{1,128}$/, 'one kernel argument without blanks or quotes');
export const version = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'latest, or one version by name');
export const relativeFile = matching(/^[A-Za-z0-9_][\w.+-]{0,99}(\/[A-Za-z0-9_][\w.+-]{0,99}){0,5}$/, "a path inside the image version's folder");
export const cpuList = matching(/^(all|\^?(node:)?\d{1,4}(-\d{1,4})?(,\^?(node:)?\d{1,4}(-\d{1,4})?){0,63})$/, 'physical CPUs, such as 2-7, 0-3,^1 or node:0');
export const absolutePath = matching(/^\/[\w.+/-]{1,200}$/, 'an absolute path of plain characters');
/** A program of the site in the image: `/etc/domus/checks.d/NAME`. */
export const checkName = matching(/^[A-Za-z0-9_-]{1,40}$/, 'the name of a check: letters, digits, _ and -, at most 40');
export const path = matching(/^[\w./][\w.+/@ -]{0,200}$/, 'a path');
export const bridgeName = matching(/^[A-Za-z][A-Za-z0-9._-]{0,14}$/, 'the name of a bridge, at most 15 characters');
export const groupName = matching(/^[a-z_][a-z0-9_-]{0,31}$/, 'the name of a Unix group');
export const expressionText = z.string('a CEL expression').min(1, 'a CEL expression').meta({ expected: 'a CEL expression' });

const hostName = /^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?)*$/;
/** A name as DNS and TORQUE take it: labels of letters, digits and inner hyphens, not all digits and dots. */
export const isHostName = (name: string): boolean => name.length <= 253 && hostName.test(name) && !/^[\d.]+$/.test(name);
