import { type Browser, chromium } from 'playwright-core';
import { fromDebian } from '../debian.js';

/** Debian's chromium, without a window; undefined where it cannot be had: the test is then skipped, loudly. */
export async function openBrowser(): Promise<Browser | undefined> {
  if (!fromDebian('chromium', 'chromium')) return undefined;
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
