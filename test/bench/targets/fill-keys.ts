import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import pg from "pg";
import { ask, type Customer } from "../../support/api.ts";
import type { BenchMesh } from "./bench-mesh.ts";

const USABLE_MS_MAX = 60_000;
/** Lookups under way while keys are tried. */
const ASKING_MAX = 8;

/** How many records are made. */
export interface Filling {
  /** Of which each has one usable key. */
  readonly accounts: number;
  /** Shared out among the accounts. All but the usable ones have hashes that belong to no secret. */
  readonly keys: number;
}

/**
 * Writes accounts on the plan of a customer, and their keys, into auth's database in a few statements, past auth and its
 * outbox, because that is quick. Auth finds them at its next beat. Resolves with the usable secrets, one of each account,
 * once they all work.
 */
export async function fillKeys(
  mesh: BenchMesh,
  { accountId }: Customer,
  { accounts, keys }: Filling,
): Promise<string[]> {
  const secrets = Array.from({ length: accounts }, () => generateApiKey("live"));
  const client = new pg.Client({ connectionString: mesh.authDatabaseUrl });
  await client.connect();
  try {
    await client.query("BEGIN");
    // A million keys take longer than a statement of auth may.
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("LOCK TABLE revision_counter");
    await client.query(INSERT_ACCOUNTS, [accounts, accountId]);
    await client.query(COUNT_REVISIONS, [accounts]);
    await client.query(INSERT_KEYS, [accounts, await otherHashes(client, keys - accounts)]);
    await client.query(COUNT_REVISIONS, [keys - accounts]);
    await client.query(INSERT_KEYS, [accounts, secrets.map(apiKeyHash)]);
    await client.query(COUNT_REVISIONS, [accounts]);
    await client.query("COMMIT");
  } finally {
    await client.end();
  }
  await untilUsable(mesh, secrets);
  return secrets;
}

const INSERT_ACCOUNTS = `
  INSERT INTO accounts (account_id, name, plan_id, state, create_time, update_time, revision)
  SELECT 'acct_bench' || lpad(number::text, 10, '0'), 'Example', plan_id, 'ACTIVE', now(), now(),
    counter.revision + number
  FROM revision_counter counter, accounts, generate_series(1, $1::bigint) number
  WHERE account_id = $2`;

/** The accounts take keys in turn. */
const INSERT_KEYS = `
  INSERT INTO keys (key_id, account_id, name, display_prefix, secret_sha256, scopes, mode, state,
    create_time, update_time, revision)
  SELECT 'key_' || lpad((revision + number)::text, 16, '0'),
    'acct_bench' || lpad(((number - 1) % $1::bigint + 1)::text, 10, '0'),
    'Key', 'gm_live_0000', secret_sha256, '{locations:read}', 'LIVE', 'ACTIVE', now(), now(),
    revision + number
  FROM revision_counter, unnest($2::bytea[]) WITH ORDINALITY hash (secret_sha256, number)`;

const COUNT_REVISIONS = "UPDATE revision_counter SET revision = revision + $1::bigint";

async function otherHashes(client: pg.Client, count: number): Promise<Buffer[]> {
  const { rows } = await client.query<{ hash: Buffer }>(
    "SELECT sha256(number::text::bytea) AS hash FROM generate_series(1, $1::bigint) number",
    [count],
  );
  return rows.map(({ hash }) => hash);
}

/**
 * Looks up with every key until it works: the gateway has heard of it, metering of its account, and the account has a lease.
 * Errors: Error with the last answer after a minute.
 */
async function untilUsable(mesh: BenchMesh, secrets: readonly string[]): Promise<void> {
  const queue = secrets.values();
  const worker = async () => {
    for (const key of queue) {
      const usable = async () => {
        const { status, text } = await ask(mesh, "/v1/locations/81.2.69.142", { key });
        if (status !== 200) throw new Error(text);
      };
      await eventually(usable, { deadlineMs: USABLE_MS_MAX });
    }
  };
  await Promise.all(Array.from({ length: ASKING_MAX }, worker));
}
