/** Calendar arithmetic in UTC, without the system's clock or time zone. */
const dayMs = 86_400_000;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** Days since 1970-01-01 of a date; `month` from 1. */
function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1 };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `HH:MM:SS` of so many seconds. */
export const clockText = (seconds: number): string => `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;

/** `Sat Nov 21 04:02:30 2026`. */
export function ctimeText(at: number): string {
  const days = Math.floor(at / dayMs);
  const { year, month, day } = dateOf(days);
  const weekday = weekdays[(((days + 4) % 7) + 7) % 7];
  return `${weekday} ${months[month - 1]} ${String(day).padStart(2)} ${clockText(Math.floor((at - days * dayMs) / 1000))} ${year}`;
}

/** What `qsub -a` takes, `[[[[CC]YY]MM]DD]hhmm[.SS]`, as an instant; undefined when it is no such thing. */
export function instantOf(text: string, now: number): number | undefined {
  const match = /^(\d{4}|\d{6}|\d{8}|\d{10}|\d{12})(?:\.(\d\d))?$/.exec(text);
  if (match === null) return undefined;
  const today = dateOf(Math.floor(now / dayMs));
  const digits = match[1]!;
  const hhmm = digits.slice(-4);
  const date = digits.slice(0, -4);
  const part = (from: number): number | undefined => (date.length >= -from ? Number(date.slice(from, from + 2 || undefined)) : undefined);
  const yy = part(-6);
  const year = date.length === 8 ? Number(date.slice(0, 4)) : yy === undefined ? today.year : 2000 + yy;
  const inDay = (Number(hhmm.slice(0, 2)) * 3600 + Number(hhmm.slice(2)) * 60 + Number(match[2] ?? 0)) * 1000;
  const at = daysOf(year, part(-4) ?? today.month, part(-2) ?? today.day) * dayMs + inDay;
  if (at >= now || date.length >= 6) return at;
  return date.length === 0 ? at + dayMs : at;
}
