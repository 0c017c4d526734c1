import type { Verb } from '../model/action.js';
import { altered } from '../model/altered.js';
import type { Machine } from '../model/machine.js';
import type { PowerState } from '../model/power.js';
import { copySliceMs, replicaKey } from '../model/replica.js';
import type { Change, Rows } from '../model/rows.js';
import type { Tenancy } from '../model/tenancy.js';
import { batchOf, chooseBoot, classroomOf, openWindow, powerOf, schedulerOf } from './hands.js';
import { moveEnded, restoreEnded } from './move-ended.js';
import { proveIdle } from './safety.js';
import type { DeedOf, VerbRow } from './verb-row.js';

export const verbTable: { readonly [V in Verb]: VerbRow<V> } = {
  'create-overlay': {
    precondition: 'the machine has its row; host and store answer; the image version is on the store',
    seen: 'the overlay is in the host’s look',
    repeated: 'an overlay of that name is kept as it is',
    undone: 'remove-overlay',
    limitMs: (i) => i.overlayLimitMs,
    perform: ({ hypervisor }, deed, order) =>
      hypervisor.createOverlay(deed.host, order, deed.overlay, deed.image, deed.diskMiB, ...(deed.local === undefined ? [] : [deed.local])),
    done: (deed, _row, at) => ({ row: { overlayAt: at, ...(deed.local === undefined ? {} : { local: deed.local }) } }),
  },
  'create-guest': {
    precondition: 'its overlay exists and no guest has it open; no other creation on the host',
    seen: 'a guest with the machine’s uuid is in the host’s look',
    repeated: 'the runner finds the uuid running and does nothing',
    undone: 'destroy-guest',
    limitMs: (i) => i.createLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.createGuest(deed.host, order, deed.spec),
    done: (_deed, _row, at) => ({ row: { guestAt: at } }),
  },
  'resize-guest': {
    precondition: 'the node is offline and proved jobless by the safety read',
    seen: 'the guest’s vcpus and memory target in the host’s look',
    repeated: 'sets the same size again',
    undone: 'resize-guest back',
    limitMs: (i) => i.resizeLimitMs + i.nodeLimitMs,
    perform: async (hands, deed, order) => {
      await proveIdle(hands, deed.safe, order.signal);
      await hands.hypervisor.resizeGuest(deed.host, order, deed.uuid, deed.size);
    },
    done: (deed, _row, at) => ({ row: { size: deed.size, sizedAt: at } }),
  },
  'shutdown-guest': {
    precondition: 'the node is offline and proved jobless by the safety read',
    seen: 'the guest is absent in a look asked after it',
    repeated: 'asks again; an absent guest is success',
    undone: 'it cannot be: a new machine is started',
    limitMs: (i) => i.destroyLimitMs + i.nodeLimitMs,
    perform: async (hands, deed, order) => {
      await proveIdle(hands, deed.safe, order.signal);
      await hands.hypervisor.shutdownGuest(deed.host, order, deed.uuid);
    },
    done: (_deed, _row, at) => ({ row: { shutdownAt: at } }),
  },
  'destroy-guest': {
    precondition: 'as for shutdown-guest; a guest that is dead or never was admitted needs no safety read',
    seen: 'the guest is absent in a look asked after it',
    repeated: 'an absent guest is success',
    undone: 'it cannot be',
    limitMs: (i) => i.destroyLimitMs + i.nodeLimitMs,
    perform: async (hands, deed, order) => {
      await proveIdle(hands, deed.safe, order.signal);
      await hands.hypervisor.destroyGuest(deed.host, order, deed.uuid);
    },
    done: (_deed, row, at) => ({ row: { shutdownAt: row?.shutdownAt ?? at, destroyedAt: at } }),
  },
  'migrate-guest': {
    precondition: 'both hosts answer and accept our fence, the other sees its disk and has room; it runs, and without a job where its environment says so',
    seen: 'the other host’s look shows it running, and this one’s no longer',
    repeated: 'a guest that is on the other host already is success; whatever else became of it, both are looked at before anything is repeated',
    undone: 'migrate-guest back',
    limitMs: (i) => i.migrateLimitMs + i.nodeLimitMs,
    perform: async (hands, deed, order) => {
      await proveIdle(hands, deed.safe, order.signal);
      const guest = { uuid: deed.uuid, name: deed.guestName, overlay: deed.overlay, memoryMiB: deed.memoryMiB };
      await hands.hypervisor.migrateGuest(deed.host, order, guest, { host: deed.to, address: deed.address, port: deed.port });
    },
    done: (_deed, row, at) => ({ row: moveEnded(row, at) }),
    failed: (row, at) => moveEnded(row, at),
  },
  'save-guest': {
    precondition: 'it runs, and its node is offline and proved jobless; what was saved of it lies beside its disk',
    seen: 'it is absent in a look asked after it',
    repeated: 'an absent guest of which a file was saved is success',
    undone: 'restore-guest on the same host',
    limitMs: (i) => i.migrateLimitMs + i.nodeLimitMs,
    perform: async (hands, deed, order) => {
      await proveIdle(hands, deed.safe, order.signal);
      await hands.hypervisor.saveGuest(deed.host, order, { uuid: deed.uuid, name: deed.guestName, overlay: deed.overlay });
    },
    done: (_deed, row, at) => ({ row: moveEnded(row, at) }),
    failed: (row, at) => moveEnded(row, at),
  },
  'restore-guest': {
    precondition: 'both hosts show that it runs nowhere; what was saved of it is taken by this host alone',
    seen: 'it runs in a look asked after it',
    repeated: 'a guest that is there is success; what was saved can be taken only once',
    undone: 'save-guest',
    limitMs: (i) => i.migrateLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.restoreGuest(deed.host, order, { uuid: deed.uuid, name: deed.guestName, overlay: deed.overlay }),
    done: (_deed, row, at) => ({ row: restoreEnded(row, at) }),
    failed: (row, at) => restoreEnded(row, at),
  },
  'destroy-copy': {
    precondition: 'a migration is over, and both hosts show the guest: this copy stands still, or the other one is the machine’s',
    seen: 'it is absent in a look asked after it',
    repeated: 'an absent guest is success',
    undone: 'it cannot be: the machine runs on the other host',
    limitMs: (i) => i.destroyLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.destroyGuest(deed.host, order, deed.uuid),
    done: (_deed, row, at) => ({ row: moveEnded(row, at) }),
  },
  'copy-image': {
    precondition: 'the host keeps copies and has room; nothing else is copied to it; the host that it comes from has a whole copy, and answers',
    seen: 'how far it is, and that it is whole, in the host’s look',
    repeated: 'goes on where it was; a whole copy is success',
    undone: 'drop-image',
    limitMs: (i) => copySliceMs + i.overlayLimitMs,
    perform: ({ hypervisor }, { host, image, from, bytesPerSecond, sliceMs }, order) =>
      hypervisor.copyImage(host, order, image, { bytesPerSecond, sliceMs, ...(from === undefined ? {} : { from }) }),
    done: (deed, _row, at, rows) => copyTouched(deed.host, deed.image, at, rows),
  },
  'drop-image': {
    precondition: 'no machine of the host stands on it, and no environment starts from it',
    seen: 'it is absent in the host’s look',
    repeated: 'an absent copy is success',
    undone: 'copy-image',
    limitMs: (i) => i.overlayLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.dropImage(deed.host, order, deed.image),
    done: (deed, _row, at, rows) => copyTouched(deed.host, deed.image, at, rows),
  },
  'remove-overlay': {
    precondition: 'the guest is proved absent',
    seen: 'the overlay is absent in a look asked after it',
    repeated: 'an absent overlay is success',
    undone: 'it cannot be: an overlay holds nothing to keep',
    limitMs: (i) => i.overlayLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.removeOverlay(deed.host, order, deed.overlay),
    done: (_deed, _row, at) => ({ row: { overlayRemovedAt: at } }),
  },
  'admit-node': {
    precondition: 'the guest reports ready and the server has heard its mom; the node is offline by us',
    seen: 'np and the absence of offline, read back by the driver',
    repeated: 'sets the same again',
    undone: 'withhold-node',
    limitMs: (i) => i.nodeLimitMs,
    perform: (hands, deed, { signal }) => batchOf(hands, deed.source).admit({ node: deed.node, np: deed.np }, signal),
    done: (deed, _row, at) => ({ row: { admittedAt: at }, changes: [{ table: 'withheld', key: deed.node, row: null }] }),
  },
  'withhold-node': {
    precondition: 'the node is listed and not offline by a person',
    seen: 'offline with our note (and np), read back by the driver',
    repeated: 'sets the same again',
    undone: 'admit-node',
    limitMs: (i) => i.nodeLimitMs,
    perform: (hands, deed, { signal }) => batchOf(hands, deed.source).withhold(deed.node, deed.note, deed.np, signal),
    done: (deed, row, at) => ({
      changes: [{ table: 'withheld', key: deed.node, row: { node: deed.node, reason: deed.reason, since: at, confirmedAt: at } }],
      ...(row === undefined ? {} : { row: {} }),
    }),
  },
  'requeue-job': {
    precondition: 'policy says so; the job is rerunnable; every guest it ran on is proved gone',
    seen: 'the job is queued again',
    repeated: 'a queued job is left as it is',
    undone: 'it cannot be: the scheduler starts it again',
    limitMs: (i) => i.nodeLimitMs,
    perform: (hands, deed, { signal }) => batchOf(hands, deed.source).requeue(deed.job, signal),
    done: (_deed, _row, at) => ({ row: { requeuedAt: at } }),
  },
  'release-job': {
    precondition: 'the scheduler has put the job aside; free slots that it fits are online',
    seen: 'the scheduler no longer lists it as deferred',
    repeated: 'a job that is not put aside is left as it is',
    undone: 'the scheduler puts it aside again by itself',
    limitMs: (i) => i.nodeLimitMs,
    perform: (hands, deed, { signal }) => schedulerOf(hands, deed.source).release(deed.job, signal),
    done: () => ({}),
  },
  'advance-job': {
    precondition: 'machines gather for the wide job, older small ones stand before it, and it was not brought forward in this try',
    seen: 'operators are not shown the order: the job starts when its machines are released',
    repeated: 'would change the places back: written down before it is done, and never repeated within one try',
    undone: 'nothing to undo: the job that changed places with it keeps its new one',
    limitMs: (i) => i.nodeLimitMs,
    perform: (hands, deed, { signal }) =>
      hands.schedulers?.get(deed.source)?.prefer(deed.job, signal) ?? batchOf(hands, deed.source).advance(deed.job, deed.before, signal),
    done: () => ({}),
  },
  'power-on': {
    precondition: 'its row says waking; nobody wants it off; its driver is configured',
    seen: 'its runner answers with another boot id',
    repeated: 'a host that is on takes no notice',
    undone: 'power-off',
    limitMs: (i) => i.destroyLimitMs,
    perform: async (hands, deed, { signal }) => {
      if (deed.boot === undefined) await openWindow(hands, deed.host, signal);
      else await chooseBoot(hands, deed.host, deed.boot, signal);
      await powerOf(hands, deed.driver).on(deed.host, deed.macs, signal);
    },
    done: (deed, _row, at, rows) => (deed.boot === 'classroom' ? toldToBoot(deed.host, 'leaving', at, rows) : ordered(deed.host, 'waking', at, rows)),
  },
  'power-off': {
    precondition: 'its row says sleeping; no machine, no stray, nothing under way on it; it can be woken again',
    seen: 'its controller says off, or it has fallen silent',
    repeated: 'a host that is off is off',
    undone: 'power-on',
    limitMs: (i) => i.destroyLimitMs,
    perform: (hands, deed, order) =>
      deed.cut === true ? powerOf(hands, deed.driver).cut(deed.host, order.signal) : hands.hypervisor.powerOff(deed.host, order),
    done: (deed, _row, at, rows) => ordered(deed.host, 'sleeping', at, rows),
  },
  'boot-classroom': {
    precondition: 'its row says leaving; nothing is on it, nobody is at its console',
    seen: 'its classroom’s system answers, ready for people',
    repeated: 'boots again: written down before it is done, and tried again only when its time has passed',
    undone: 'boot-dom0',
    limitMs: (i) => i.destroyLimitMs,
    perform: async (hands, deed, order) => {
      await chooseBoot(hands, deed.host, 'classroom', order.signal);
      await hands.hypervisor.reboot(deed.host, order);
    },
    done: (deed, _row, at, rows) => toldToBoot(deed.host, 'leaving', at, rows, deed.bootId),
  },
  'boot-dom0': {
    precondition: 'its row says coming; the room is closed, nobody is logged in',
    seen: 'its runner answers, and its classroom’s system no more',
    repeated: 'boots again, as boot-classroom',
    undone: 'boot-classroom',
    limitMs: (i) => i.destroyLimitMs,
    perform: async (hands, deed, { signal }) => {
      await chooseBoot(hands, deed.host, 'dom0', signal);
      await classroomOf(hands, deed.driver).reboot(deed.host, 'dom0', signal);
    },
    done: (deed, _row, at, rows) => toldToBoot(deed.host, 'coming', at, rows),
  },
  'return-by': {
    precondition: 'the host answers, and is ours; its calendar says when it is due back',
    seen: 'the host’s look shows that return time',
    repeated: 'sets the same again',
    undone: 'return-by 0',
    limitMs: (i) => i.destroyLimitMs,
    perform: ({ hypervisor }, deed, order) => hypervisor.returnBy(deed.host, order, deed.at, deed.force),
    done: () => ({}),
  },
  cycle: {
    precondition: 'scheduling is on',
    seen: 'waiting jobs start; nothing else shows it',
    repeated: 'one more cycle, harmless',
    undone: 'nothing to undo',
    limitMs: (i) => i.nodeLimitMs,
    perform: async (hands, deed, { signal }) => {
      await batchOf(hands, deed.source).cycle(signal);
    },
    done: () => ({}),
  },
};

/** How far it is is seen in a look asked after this. */
function copyTouched(host: string, image: Machine['image'], at: number, rows: Rows): { readonly changes?: readonly Change[] } {
  const key = replicaKey(host, image);
  const row = rows.replicas.get(key);
  return row === undefined ? {} : { changes: [{ table: 'replicas', key, row: { ...row, deedAt: at } }] };
}

/** The host has been told; what it makes of it is seen later. */
function ordered(host: string, state: PowerState, at: number, rows: Rows): { readonly changes?: readonly Change[] } {
  const power = rows.powers.get(host);
  return power?.state === state ? { changes: [{ table: 'powers', key: host, row: altered(power, { orderedAt: power.orderedAt ?? at }) }] } : {};
}

function toldToBoot(host: string, state: Tenancy['state'], at: number, rows: Rows, bootId?: string): { readonly changes?: readonly Change[] } {
  const row = rows.tenancies.get(host);
  if (row?.state !== state) return {};
  return { changes: [{ table: 'tenancies', key: host, row: { ...row, orderedAt: row.orderedAt ?? at, ...(bootId === undefined ? {} : { bootId }) } }] };
}

/** The row of a deed's own verb; the table's types say that they fit. */
export const rowOf = <V extends Verb>(deed: DeedOf<V>): VerbRow<V> => verbTable[deed.verb as V];
