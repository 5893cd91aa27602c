import type { DescMessage } from "@bufbuild/protobuf";

/** The types of messages in a message, however deep; its own among them where it may contain itself. */
export function messagesIn(desc: DescMessage): ReadonlySet<DescMessage> {
  const found = new Set<DescMessage>();
  const add = ({ fields }: DescMessage) => {
    for (const { message } of fields) if (message !== undefined) found.add(message);
  };
  add(desc);
  // A set goes on to what is added meanwhile.
  for (const each of found) add(each);
  return found;
}
