import { type Bootable, linuxArguments, xenArguments } from './arguments.js';
import { type BootHost, type Site, writtenBy } from './site.js';

/** It is to boot Dom0, and there is a root for it. */
export const bootsDom0 = (host: BootHost): host is Bootable => host.state.next === 'dom0' && host.root !== undefined;

/** Never ends in a shell: whoever sits there sees the line, and the computer starts again. */
const ipxeFailed = (what: string): string => `:failed\necho ${what} cannot be loaded: trying again in 30 s\nsleep 30\nreboot\n`;

function ipxeDom0(site: Site, host: Bootable): string {
  const linux = linuxArguments(site, host);
  return `echo ${host.name}: works for the cluster (pool ${host.pool}, root ${host.root.version})
iseq \${platform} efi && goto efi ||
kernel root/xen ${xenArguments(site)} || goto failed
module root/vmlinuz ${linux} || goto failed
module root/initrd.img || goto failed
boot || goto failed
:efi
kernel root/xen.efi || goto failed
initrd xen.cfg || goto failed
initrd root/vmlinuz || goto failed
initrd root/initrd.img || goto failed
boot || goto failed
${ipxeFailed('Dom0')}`;
}

function ipxeClassroom(classroom: string): string {
  if (classroom === 'disk')
    return `iseq \${platform} efi && exit ||
sanboot --no-describe --drive 0x80 || exit
`;
  const [server = '', ...file] = classroom.split('/');
  return `set next-server ${server}
set filename ${file.join('/')}
chain tftp://\${next-server}/\${filename} || goto failed
${ipxeFailed("the classroom's system")}`;
}

/** The host's iPXE script. There is nothing to choose in it: what it boots was chosen centrally. */
export function ipxeMenu(site: Site, host: BootHost): string {
  const what = bootsDom0(host) ? ipxeDom0(site, host) : `echo ${host.name}: the classroom's own system\n${ipxeClassroom(host.boot.classroom)}`;
  return `#!ipxe\n${writtenBy(site.deployment)}${what}`;
}

/** What a computer is told that Domus does not know: its own disk. */
export const ipxeStranger = (site: Site): string =>
  `#!ipxe\n${writtenBy(site.deployment)}echo not a host of Domus: boots its own disk\n${ipxeClassroom('disk')}`;

/** Xen's own configuration file, which its UEFI binary reads. */
export function xenConfig(site: Site, host: BootHost): string | undefined {
  if (!bootsDom0(host)) return undefined;
  return `${writtenBy(site.deployment)}[global]
default=dom0
[dom0]
options=${xenArguments(site)}
kernel=vmlinuz ${linuxArguments(site, host)}
ramdisk=initrd.img
`;
}

/** The same for a BIOS whose card iPXE does not drive: no prompt, no escape by a key, no arguments by hand. */
export function pxelinuxMenu(site: Site, host: BootHost): string {
  const serial =
    site.settings.serial === undefined ? '' : `SERIAL ${Number(site.settings.serial[3]) - 1} ${/\d{4,6}/.exec(site.settings.serial)?.[0] ?? 115200}\n`;
  const head = `${writtenBy(site.deployment)}${serial}DEFAULT system\nPROMPT 0\nTIMEOUT 0\nNOESCAPE 1\nALLOWOPTIONS 0\nNOCOMPLETE 1\nLABEL system\n`;
  if (bootsDom0(host))
    return `${head}  KERNEL mboot.c32\n  APPEND root/xen ${xenArguments(site)} --- root/vmlinuz ${linuxArguments(site, host)} --- root/initrd.img\n`;
  if (host.boot.classroom === 'disk') return `${head}  LOCALBOOT 0\n`;
  const [server = '', ...file] = host.boot.classroom.split('/');
  return `${head}  KERNEL pxechn.c32\n  APPEND ${server}::${file.join('/')}\n`;
}
