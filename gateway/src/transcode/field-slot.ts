import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";

/** Where a message keeps one field, also a member of a oneof. */
export interface FieldSlot {
  readonly put: (message: Message, value: unknown) => void;
  /** Undefined where it is not set, or another member of its oneof is. */
  readonly get: (message: Message) => unknown;
  /** The name of the other member of its oneof that is set. */
  readonly rivalIn: (message: Message) => string | undefined;
}

type Fields = Record<string, unknown>;

interface Chosen {
  readonly case: string | undefined;
  readonly value?: unknown;
}

const fieldsOf = (message: Message) => message as unknown as Fields;

/** Compiles access to a field. */
export function slotOf({ localName, oneof }: DescField): FieldSlot {
  if (oneof === undefined) {
    return {
      put(message, value) {
        fieldsOf(message)[localName] = value;
      },
      get: (message) => fieldsOf(message)[localName],
      rivalIn: () => undefined,
    };
  }
  const chosenIn = (message: Message) => fieldsOf(message)[oneof.localName] as Chosen;
  const names = new Map(oneof.fields.map((member) => [member.localName, member.name]));
  return {
    put(message, value) {
      fieldsOf(message)[oneof.localName] = { case: localName, value };
    },
    get(message) {
      const { case: name, value } = chosenIn(message);
      return name === localName ? value : undefined;
    },
    rivalIn(message) {
      const { case: name } = chosenIn(message);
      return name === undefined || name === localName ? undefined : names.get(name);
    },
  };
}

/** The message in a slot; a new one where it is not set. */
export function childIn(message: Message, slot: FieldSlot, desc: DescMessage): Message {
  const present = slot.get(message);
  if (present !== undefined) return present as Message;
  const child = create(desc);
  slot.put(message, child);
  return child;
}

/** What is wrong with a second member of a oneof. Both names are those of the contract, with the path that leads to them. */
export function rivalProblem(prefix: string, rival: string): string {
  return `cannot be given together with ${prefix}${rival}`;
}
