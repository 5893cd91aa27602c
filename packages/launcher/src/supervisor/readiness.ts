import { get } from "node:http";

const ANSWER_MS_MAX = 2_000;

/** Whether `/readyz` on an operations port says that the process is ready. Never rejects. */
export function isReady(opsPort: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: "127.0.0.1", port: opsPort, path: "/readyz", agent: false, timeout: ANSWER_MS_MAX },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });
}
