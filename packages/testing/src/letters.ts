import type { Handlers } from "@geomesh/runtime/grpc/implement";

const text = {
  requestSerialize: (value: string) => Buffer.from(value),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (value: string) => Buffer.from(value),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
};

/** A service with a method of each kind, whose messages are plain texts. */
export const LettersService = {
  shout: { ...text, path: "/test.Letters/Shout", requestStream: false, responseStream: false },
  spell: { ...text, path: "/test.Letters/Spell", requestStream: false, responseStream: true },
  join: { ...text, path: "/test.Letters/Join", requestStream: true, responseStream: false },
  echo: { ...text, path: "/test.Letters/Echo", requestStream: true, responseStream: true },
} as const;

/** The default handlers of the service. */
export const letters: Handlers<typeof LettersService> = {
  shout: (text) => text.toUpperCase(),
  async *spell(text) {
    yield* text;
  },
  async join(texts) {
    let all = "";
    for await (const text of texts) all += text;
    return all;
  },
  echo(call) {
    call.on("data", (text: string) => call.write(text));
    call.on("end", () => call.end());
  },
};
