import { AppError } from "@geomesh/runtime/errors";
import { AnswerWriter } from "../answer/answer-writer.ts";
import { ByteWriter } from "../answer/byte-writer.ts";
import type { LocationComposer } from "../answer/location-composer.ts";
import type { LiveComposer } from "../datasets/live-composer.ts";
import { type Language, requestLanguage } from "../languages.ts";

/** What the RPCs share. Lookups run to completion in one turn, so one scratch buffer is enough. */
export class Geo {
  readonly answers = new AnswerWriter();
  readonly live: LiveComposer;
  readonly #scratch = new ByteWriter();
  readonly #now: () => number;

  readonly #count: (addresses: number) => void;

  /** `count` is told how many addresses were asked for. */
  constructor(live: LiveComposer, now: () => number, count: (addresses: number) => void) {
    this.live = live;
    this.#now = now;
    this.#count = count;
  }

  /** What the answers of a request come from. Take it once, so that no request mixes two builds. */
  composerFor(addresses: number): LocationComposer {
    const { composer } = this.live;
    if (composer === undefined) {
      throw new AppError("DATASET_MISSING", { message: "no dataset is loaded yet" });
    }
    this.#count(addresses);
    composer.setTime(this.#now());
    return composer;
  }

  /** An empty buffer to write one answer into. */
  scratch(): ByteWriter {
    this.#scratch.length = 0;
    return this.#scratch;
  }

  language(text: string): Language {
    const language = requestLanguage(text);
    if (language === undefined) {
      throw new AppError("LANGUAGE_UNKNOWN", {
        message: `language ${text} is not known`,
        fields: [{ field: "language", description: "must be a language that datasets have" }],
      });
    }
    return language;
  }
}
