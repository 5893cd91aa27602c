import type { Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { DataSection } from "../mmdb/data-section.ts";
import type { FieldReader } from "./field-reader.ts";

/** Reads records of Anonymous-IP, which have a flag only where it is true. */
export function securityReader(
  data: DataSection,
  fields: FieldReader,
): (record: number) => Partial<Security> {
  const isTrue = (record: number, key: string) => fields.boolean(data.find(record, key)) === true;
  return (record) => ({
    isVpn: isTrue(record, "is_anonymous_vpn"),
    isProxy: isTrue(record, "is_public_proxy") || isTrue(record, "is_residential_proxy"),
    isTor: isTrue(record, "is_tor_exit_node"),
    isHosting: isTrue(record, "is_hosting_provider"),
  });
}
