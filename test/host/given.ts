import type { RunnerRequest } from '../../src/drivers/runner.js';
import type { Fence } from '../../src/model/fence.js';

export const uuidOf = (n: number): string => `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;

export const givenFence = (overrides: Partial<Fence> = {}): Fence => ({ deployment: 'demo', journal: 'j1', epoch: 5, life: 'life-a', ...overrides });

let ops = 0;
/** A deed's request under a new op, with what differs. */
export const deed = (verb: RunnerRequest['verb'], args: Record<string, unknown>, overrides: Partial<RunnerRequest> = {}): RunnerRequest => ({
  v: 1,
  verb,
  fence: givenFence(),
  op: `op-${++ops}`,
  args,
  limitMs: 10_000,
  ...overrides,
});

export const outcomeOf = (op: string | undefined): RunnerRequest => ({ v: 1, verb: 'outcome', op: op ?? '', args: {}, limitMs: 5000 });

export const createOverlay = (overlay: string, overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('overlay-create', { overlay, image: { name: 'sl7', version: 'v1' }, diskMiB: 1024 }, overrides);

/** The configuration that the Xen driver writes, in a host's folder. */
export const configText = (folder: string, n: number, overlay: string): string => `name = "guest-${n}"
uuid = "${uuidOf(n)}"
type = "pvh"
kernel = "${folder}/images/sl7/v1/vmlinuz"
extra = "root=/dev/xvda domus.checks=users"
memory = 512
maxmem = 1024
vcpus = 1
maxvcpus = 2
vif = ["mac=00:16:3e:00:00:0${n},bridge=xenbr0"]
disk = ["format=qcow2,vdev=xvda,access=rw,target=${folder}/overlays/${overlay}.qcow2"]
on_poweroff = "destroy"
on_reboot = "restart"
on_crash = "preserve"
`;

export const createGuest = (folder: string, n: number, overlay: string, overrides: Partial<RunnerRequest> = {}): RunnerRequest =>
  deed('guest-create', { name: `guest-${n}`, uuid: uuidOf(n), overlay, config: configText(folder, n, overlay) }, overrides);
