import { get } from "node:http";
import { text } from "node:stream/consumers";

const ANSWER_MS_MAX = 2_000;

/**
 * Why a process cannot serve yet, as `/readyz` on its operations port says it; empty where it can. Never rejects, and resolves
 * within 2 s.
 */
export async function problemsOf(opsPort: number): Promise<readonly string[]> {
  try {
    const { status, body } = await ask(opsPort);
    if (status === 200) return [];
    const { problems } = JSON.parse(body) as { problems: { message: string }[] };
    return problems.map(({ message }) => message);
  } catch {
    return ["it does not answer"];
  }
}

function ask(port: number): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const options = { host: "127.0.0.1", port, path: "/readyz", agent: false, signal };
    get(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    }).once("error", reject);
  });
}
