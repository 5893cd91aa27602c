/** The version of an nginx with the module geoip2; undefined where it is not installed. */
export function nginxVersion(): string | undefined {
  return undefined;
}
