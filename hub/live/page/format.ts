const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const BYTES = ["B", "kB", "MB", "GB", "TB"];

/** A number of at most seven characters. */
export function formatNumber(value: number): string {
  return Math.abs(value) < 100_000 ? NUMBER.format(value) : COMPACT.format(value);
}

export function formatBytes(value: number): string {
  let unit = 0;
  for (; value >= 1000 && unit < BYTES.length - 1; unit++) value /= 1000;
  return `${NUMBER.format(value)} ${BYTES[unit]}`;
}

/** A time span, by its two largest units. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3600) % 24} h`;
}

/** A time span, by its largest unit. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A number a second; `undefined` until it is known. */
export function formatRate(rate: number | undefined): string {
  return rate === undefined ? "–" : formatNumber(rate < 10 ? rate : Math.round(rate));
}
