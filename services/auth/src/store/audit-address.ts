import { canonicalAddress } from "@geomesh/terms/canonical-address";

/** How much of the address of a client the audit log holds. */
export const AUDIT_ADDRESSES = ["full", "shortened", "none"] as const;
/** One of them. */
export type AuditAddresses = (typeof AUDIT_ADDRESSES)[number];

const IPV4_BYTES_KEPT = 3;
const IPV6_GROUPS_KEPT = 3;
const IPV6_GROUPS = 8;

/**
 * What the audit log holds of an address: all, its block of 256 addresses or of IPv6 its /48, which is what one site is given,
 * or nothing. Text that is no address leaves nothing, unless all is wanted.
 */
export function auditedAddress(address: string, kept: AuditAddresses): string {
  if (kept === "full") return address;
  const canonical = canonicalAddress(address);
  if (kept === "none" || canonical === undefined) return "";
  return canonical.includes(":") ? blockOfIpv6(canonical) : blockOfIpv4(canonical);
}

function blockOfIpv4(address: string): string {
  return `${address.split(".").slice(0, IPV4_BYTES_KEPT).join(".")}.0/24`;
}

function blockOfIpv6(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  if (tail !== undefined) {
    const zeros = IPV6_GROUPS - groups.length - last.length;
    groups.push(...Array.from({ length: zeros }, () => "0"), ...last);
  }
  const block = `${groups.slice(0, IPV6_GROUPS_KEPT).join(":")}::`;
  return `${canonicalAddress(block) ?? block}/48`;
}
