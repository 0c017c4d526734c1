/** How to reach one host's controller. */
export interface Controller {
  readonly tool: string;
  readonly interface: 'lanplus' | 'lan';
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** A file whose only line is the password: it never stands in a list of processes. */
  readonly passwordFile: string;
  readonly cipher?: number;
}

export type ChassisWord = 'status' | 'on' | 'off';

/** `ipmitool ... WORDS`; it tries three times, a second apart, before it gives up. */
export function question(controller: Controller, ...words: readonly string[]): readonly string[] {
  const { tool, address, port, user, passwordFile, cipher } = controller;
  return [
    ...[tool, '-I', controller.interface, '-H', address, '-p', String(port), '-U', user, '-f', passwordFile],
    ...(cipher === undefined ? [] : ['-C', String(cipher)]),
    ...['-N', '1', '-R', '3', ...words],
  ];
}

export const chassisPower = (controller: Controller, word: ChassisWord): readonly string[] => question(controller, 'chassis', 'power', word);
/** What the whole host draws, where its controller measures it (DCMI). */
export const powerReading = (controller: Controller): readonly string[] => question(controller, 'dcmi', 'power', 'reading');
