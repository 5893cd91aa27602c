// The landing page: the example with this server's own address, and where the reader is, if the server tells without a key.

const TIMEOUT_MS = 10_000;
const COPIED_MS = 2_000;

/** Relative to the page, as a proxy may serve this server below a path. */
const at = (path) => new URL(path, document.baseURI).href;
const byId = (id) => document.getElementById(id);
const HAS_ANONYMOUS_USE = document.body.dataset.anonymous === "true";

showExample();
if (HAS_ANONYMOUS_USE) await showOwnAddress();

function showExample() {
  const text = HAS_ANONYMOUS_USE
    ? `curl ${at("v1/locations/me")}`
    : `curl -H "Authorization: Bearer $KEY" \\\n${at("v1/locations/81.2.69.142")}`;
  byId("curl").textContent = text;
  // Browsers give pages the clipboard on https and on this machine only.
  if (navigator.clipboard === undefined) return;
  const button = byId("copy");
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    byId("copied").textContent = "The request is in the clipboard.";
    setTimeout(() => {
      button.textContent = "Copy";
      byId("copied").textContent = "";
    }, COPIED_MS);
  });
}

async function showOwnAddress() {
  byId("own").hidden = false;
  const state = byId("own-state");
  try {
    const response = await fetch(at("v1/locations/me"), {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(await whyRefused(response));
    showLocation(await response.json());
    state.hidden = true;
  } catch (error) {
    state.classList.add("failed");
    state.textContent = `It could not be looked up: ${error.message}`;
  }
}

async function whyRefused(response) {
  const retryAfter = response.headers.get("retry-after");
  if (response.status === 429 && retryAfter !== null) {
    return `too many requests from this address; try again in ${retryAfter} s.`;
  }
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `the server answered ${response.status}.`;
}

function showLocation(location) {
  byId("own-address").textContent = location.ip_address;
  if (location.flag?.svg) {
    const flag = byId("own-flag");
    flag.src = at(location.flag.svg.replace(/^\//, ""));
    flag.alt = `Flag of ${location.country ?? location.country_code}`;
    flag.hidden = false;
  }
  byId("own-facts").replaceChildren(
    ...factsOf(location)
      .filter(([, value]) => value !== "")
      .map(([name, value]) => factOf(name, value)),
  );
  byId("own-found").hidden = false;
}

function factsOf(location) {
  const { timezone, currency, connection } = location;
  const joined = (...parts) => parts.filter((part) => part !== null && part !== "").join(", ");
  const number = connection.autonomous_system_number;
  const hasPoint = location.latitude !== null && location.longitude !== null;
  return [
    ["Special purpose", joined(location.special_purpose)],
    ["Place", joined(location.city, location.region, location.postal_code)],
    ["Country", joined(location.country, location.continent)],
    ["Coordinates", hasPoint ? `${location.latitude}, ${location.longitude}` : ""],
    ["Local time", joined(timezone.current_time?.slice(0, 5) ?? null, timezone.name)],
    ["Currency", joined(currency.currency_name, currency.currency_code)],
    [
      "Network",
      joined(number === null ? null : `AS${number}`, connection.autonomous_system_organization),
    ],
    ["Range", joined(location.network)],
  ];
}

function factOf(name, value) {
  const [fact, term, description] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  description.textContent = value;
  fact.append(term, description);
  return fact;
}
