/** The bytes of an MMDB file contradict the format. */
export class CorruptMmdbError extends Error {
  override readonly name = "CorruptMmdbError";
}
