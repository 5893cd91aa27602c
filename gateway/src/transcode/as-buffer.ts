/** The same bytes as a Buffer, without copying them. A twin of the runtime's, which this folder does not import. */
export function asBuffer(bytes: Uint8Array): Buffer {
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength);
}
