import { hoursNow } from '../calendar/windows.js';
import type { Config } from '../config/config.js';
import type { Policy } from '../model/policy.js';

/** The policy with what its calendars say of the time around now: the planner knows no calendar, only numbers. */
export const withHours = ({ policy, calendars }: Config, now: number): Policy =>
  calendars === undefined ? policy : { ...policy, windows: hoursNow(calendars, now) };
