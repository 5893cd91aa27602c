// The API reference: Swagger UI over this server's own document.

/** Relative to the page, as a proxy may serve this server below a path. */
const HERE = new URL("./", document.baseURI);
const REFERENCE = document.getElementById("reference");

followColours(matchMedia("(prefers-color-scheme: dark)"));
try {
  showReference(await readDocument());
} catch (error) {
  REFERENCE.querySelector(".state").textContent = `The reference cannot be shown: ${error.message}`;
}

/** Swagger UI goes dark by a class. */
function followColours(dark) {
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

async function readDocument() {
  const response = await fetch(new URL("openapi.json", HERE));
  if (!response.ok) throw new Error(`the server answered ${response.status}.`);
  const spec = await response.json();
  const servers = [{ url: HERE.href.replace(/\/$/, "") }];
  return { ...spec, servers, tags: meteredFirst(spec) };
}

/** What this server is for comes first: the parts that have a metered call. */
function meteredFirst({ tags, paths }) {
  const calls = Object.values(paths).flatMap((path) => Object.values(path));
  const metered = new Set(
    calls.filter((call) => call["x-geomesh-metered"]).flatMap((call) => call.tags),
  );
  const rank = ({ name }) => (metered.has(name) ? 0 : 1);
  return tags.toSorted((a, b) => rank(a) - rank(b));
}

/** Keys are typed into these, which no browser should keep or look up in its dictionary. */
function plainInput(Input, { React }) {
  return (props) =>
    React.createElement(Input, { ...props, autoComplete: "off", spellCheck: false });
}

function showReference(spec) {
  const { SwaggerUIBundle } = window;
  SwaggerUIBundle({
    spec,
    domNode: REFERENCE,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [{ wrapComponents: { Input: plainInput } }],
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    // Nothing of the page is stored, and nobody else is asked.
    persistAuthorization: false,
    validatorUrl: null,
    queryConfigEnabled: false,
  });
}
