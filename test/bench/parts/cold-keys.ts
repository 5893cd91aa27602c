import type { ColdKeysOutput } from "../../../gateway/bench/cold-keys.ts";
import { startProgram } from "../child.ts";
import { median } from "../figures.ts";
import { whole } from "../report.ts";
import type { Part } from "./part.ts";

const PROGRAM = "../../gateway/bench/cold-keys.ts";
/** One of so many keys is asked for in each round. */
const KEYS_PER_ASKED = 5;

/** Keys that are asked for one after the other, none of which was asked for lately, in a table without a mesh. */
export const benchColdKeys: Part = async (_deps, { coldKeys, rounds }) => {
  const asked = coldKeys / KEYS_PER_ASKED;
  const program = startProgram(PROGRAM, [coldKeys, asked, rounds].map(String));
  try {
    const found = JSON.parse(await program.line()) as ColdKeysOutput;
    const us = (all: readonly number[]) => [
      median(all).toFixed(2),
      Math.min(...all).toFixed(2),
      Math.max(...all).toFixed(2),
    ];
    return {
      title: "cold-keys",
      how: `Whose a credential is, in a table of ${whole(coldKeys)} keys, ten to an account, without the memory of a connection: ${whole(asked)} credentials in each round, in another order each time. CPU of the whole process, its garbage collector included.`,
      tables: [
        {
          columns: ["CPU µs/credential", "median", "least", "most"],
          rows: [
            ["all", ...us(found.usPerKey)],
            ["of that, its form, checksum and hash", ...us(found.usOfHashing)],
          ],
        },
      ],
      notes: [
        `a key takes ${whole(found.bytesPerKey)} bytes of memory with its share of an account`,
      ],
    };
  } finally {
    await program.close();
  }
};
