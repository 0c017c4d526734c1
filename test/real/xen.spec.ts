import { describe } from 'vitest';
import { hypervisorContract } from '../contract/hypervisor.js';
import { openXenSite, xenSite } from './xen-site.js';

const site = xenSite();

describe.skipIf(site === undefined)('a real Xen host', () => {
  if (site !== undefined) hypervisorContract('plugins/xen over plugins/ssh and a real Xen host', () => openXenSite(site));
});
