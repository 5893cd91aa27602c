/** Texts, by their media types. Others, such as most images, are compressed as they are, or hardly get smaller. */
const TEXT_TYPE =
  /^(?:text\/|[a-z]+\/[\w.-]+\+(?:json|xml)\b|application\/(?:json|xml|javascript|x-ndjson|yaml)\b)/i;

/** True for a media type whose bodies get smaller by a content coding, so that answers differ by what a client accepts. */
export function isCompressible(mediaType: string): boolean {
  return TEXT_TYPE.test(mediaType);
}
