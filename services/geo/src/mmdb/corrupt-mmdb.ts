/** The bytes of an MMDB file contradict the format. */
export class CorruptMmdb extends Error {
  override readonly name = "CorruptMmdb";
}
