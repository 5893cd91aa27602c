/** The bytes of an MMDB file contradict its format. */
export class CorruptMmdbError extends Error {
  override readonly name = "CorruptMmdbError";
}
