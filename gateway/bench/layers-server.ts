/**
 * The gateway up to one of its layers, with stand-ins below, for `npm run bench -- layers`. argv: the layer, the key that it
 * accepts, geo's address, a directory for the spool. Prints its port.
 */
import process from "node:process";
import { isLayer, LAYERS, startLayers } from "./layers.ts";

const [layer = "", secret = "", geoAddress = "", dataDir = ""] = process.argv.slice(2);
if (!isLayer(layer)) throw new Error(`no layer "${layer}"; there are: ${LAYERS.join(", ")}`);
const { port } = await startLayers({ layer, secret, geoAddress, dataDir });
process.stdout.write(`${port}\n`);
