const WAIT_MS_MAX = 7 * 24 * 3_600_000;

/**
 * How long a publisher asks to wait, in milliseconds, at most 7 days; 0 if it does not say. `wallMs` is the current time, in
 * milliseconds of Unix time. Format of the header: RFC 9110 section 10.2.3, seconds or a date.
 */
export function retryAfterMs(header: string | null, wallMs: number): number {
  if (header === null) return 0;
  const text = header.trim();
  const waitMs = /^\d{1,10}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - wallMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), WAIT_MS_MAX) : 0;
}
