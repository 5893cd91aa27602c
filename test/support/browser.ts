import { accessSync, constants } from "node:fs";
import path from "node:path";
import process from "node:process";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const PROGRAMS = ["chromium", "google-chrome", "chromium-browser"];
const DIRS = ["/usr/bin", "/usr/local/bin"];

/** Tells what the policy of the page stopped, as the browser's console does not for every kind. */
const TELL_VIOLATIONS = `document.addEventListener("securitypolicyviolation", (event) =>
  console.error("stopped by the policy of the page:", event.violatedDirective, event.blockedURI));`;

/** A page in a browser that is new to the server, and what it has done that no page of ours may do. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and of the console, and requests to other servers. Empty where all is well. */
  readonly complaints: readonly string[];
  /** All that it has stored in the browser, as text. */
  stored(): Promise<string>;
  /** How many pixels of the page are beside the window. */
  overflow(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a browser without a window. Errors: Error that says how to get one. */
export function startBrowser(): Promise<Browser> {
  // Chromium's sandbox does not run as root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: findBrowser(), args });
}

/** Opens a page whose requests go to one origin. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  await context.addInitScript({ content: TELL_VIOLATIONS });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== origin) complaints.push(`asked ${url.href}`);
  });
  return {
    page,
    complaints,
    async stored() {
      const { cookies, origins } = await context.storageState({ indexedDB: true });
      const ofTab = await page.evaluate("JSON.stringify(Object.entries(sessionStorage))");
      return JSON.stringify({ cookies, origins, ofTab });
    },
    overflow: () =>
      page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      ),
    close: () => context.close(),
  };
}

function findBrowser(): string {
  const dirs = [...(process.env["PATH"] ?? "").split(path.delimiter), ...DIRS];
  const files = PROGRAMS.flatMap((name) => dirs.map((dir) => path.join(dir, name)));
  const found = files.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    "The tests of the pages need Chromium or Chrome, which is not on this machine: " +
      "sudo apt-get install chromium, or put the program chromium on PATH",
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
