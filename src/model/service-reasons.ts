import { type Args, t, v } from './spoken.js';

/** What is said of permanent machines. */
export const serviceSentences = {
  'start-service': (a) => `service ${v(a, 'service')} is not running`,
  'start-service-again': (a) => `service ${v(a, 'service')} is down: ${v(a, 'why')}`,
  'service-adopted': (a) => `its guest runs on ${v(a, 'host')} already, from a journal before this one: taken over as it is`,
  'service-up': (a) => `up on ${v(a, 'host')}${a['home'] === a['host'] ? ', its home' : ` (its home is ${v(a, 'home')})`}`,
  'service-stays-down': (a) => `down for ${t(a, 'downMs')}, longer than the ${t(a, 'limitMs')} that it may take`,
  'service-host-silent': (a) =>
    `host ${v(a, 'host')} has been silent for ${t(a, 'silentMs')}, and nothing proves that it is dead: it may still run there, and never runs twice. ${v(a, 'proof')}`,
  'service-host-dead': (a) => `host ${v(a, 'host')} is dead: ${v(a, 'proof')}`,
  'service-guest-gone': (a) => `its guest is gone from ${v(a, 'host')}: ${v(a, 'how')}`,
  'service-guest-dead': (a) => `its guest is ${v(a, 'state')}`,
  'service-restart-asked': (a) => `${v(a, 'who')} asked: ${v(a, 'why')}`,
  'service-removed': (a) => `service ${v(a, 'service')} is no longer in the configuration: it stops, and its disk ${v(a, 'disk')} is kept`,
  'service-return': (a) =>
    `host ${v(a, 'host')} is ${v(a, 'whose')} at ${v(a, 'at')} and must be empty by ${v(a, 'emptyAt')}: it stops there, and starts on another host`,
  'service-disk-kept': (a) => `no longer in the configuration; its disk ${v(a, 'disk')} is kept on the store until a person removes it`,
  'service-disk-missing': (a) => `host ${v(a, 'host')} does not see its disk ${v(a, 'disk')}: the store of the hosts must be the same`,
  'service-disk-open': (a) => `guest ${v(a, 'guest')} on ${v(a, 'host')} has its disk ${v(a, 'disk')} open: never two on one disk`,
  'service-disk-unknown': (a) =>
    `its disk ${v(a, 'disk')} is there, and this journal did not make it: it is started when every host that could run it already has answered (${v(a, 'hosts')} has not)`,
  'service-no-room': (a) => `no host has room for its ${v(a, 'cores')} core(s) and ${v(a, 'memory')} MiB: ${v(a, 'detail')}`,
  'service-makes-room': (a) => `idle machine ${v(a, 'machine')} makes room for it on ${v(a, 'host')}`,
  'drain-service': (a) => `makes room for service ${v(a, 'service')}`,
  'wake-service': (a) => `service ${v(a, 'service')} is down, and no host that is on will do`,
  'wake-service-host': (a) => `service ${v(a, 'service')} is on it, or was: its next boot proves that it no longer is`,
  'service-look': (a) => `waits for a fresh look at ${v(a, 'host')}`,
  'step-disk': (a) => `makes its own disk from image ${v(a, 'image')}`,
} satisfies Record<string, (args: Args) => string>;
