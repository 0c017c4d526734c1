import { BootServer } from '../boot/server.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import { execaShell } from '../drivers/execa-shell.js';

/** A setting of a plugin that is a text. */
export function textSetting(settings: unknown, key: string): string | undefined {
  const value = (settings as Readonly<Record<string, unknown>> | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** The boot server that the configuration describes; undefined where it describes none. */
export function makeBootServer(config: Config, clock: Clock): BootServer | undefined {
  const { boot, policy, names, hypervisor, stateDir } = config;
  if (boot === undefined) return undefined;
  const [dhcpFile, hostsFile] = [textSetting(names?.settings, 'dhcpFile'), textSetting(names?.settings, 'hostsFile')];
  return new BootServer({
    deployment: policy.deployment,
    settings: boot,
    bridge: policy.bridge,
    images: textSetting(hypervisor.settings, 'imagesDir') ?? '/srv/domus/images',
    overlays: textSetting(hypervisor.settings, 'overlaysDir') ?? '/srv/domus/overlays',
    ...(dhcpFile === undefined || hostsFile === undefined ? {} : { names: { dhcpFile, hostsFile } }),
    hosts: Object.values(policy.hosts),
    stateDir,
    clock,
    shell: execaShell(clock),
  });
}
