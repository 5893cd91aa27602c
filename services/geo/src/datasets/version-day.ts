/** The day in the version of a package, such as 2.3.2026061719; undefined where there is none. */
export function dayOfVersion(version: string): Date | undefined {
  const day = /\.(20\d{2})(\d{2})(\d{2})\d{0,2}$/.exec(version);
  return day === null
    ? undefined
    : new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])));
}
