import type { Tenant } from '../../src/model/tenancy.js';

/** What a workstation's own program is asked, on one line. */
export const lookRequest = (): string => `${JSON.stringify({ v: 1, verb: 'look' })}\n`;
export const rebootRequest = (next: Tenant): string => `${JSON.stringify({ v: 1, verb: 'reboot', next })}\n`;
export const offRequest = (): string => `${JSON.stringify({ v: 1, verb: 'off' })}\n`;

export interface Controller {
  readonly tool: string;
  readonly interface: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** ipmitool for one host's controller; the password is read by it from its file. */
export const chassis = (of: Controller, address: string, words: readonly string[]): readonly string[] => [
  of.tool,
  ...['-I', of.interface, '-H', address, '-U', of.user, '-f', of.passwordFile],
  ...['chassis', 'power', ...words],
];
