import type { ServerWritableStream, ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { AddService } from "./bind.ts";

/** The standard health service, for the whole server ("") and for each of its services. NOT_SERVING at first. */
export class Health {
  readonly #names: readonly string[];
  readonly #health = new HealthImplementation();

  constructor(services: readonly string[]) {
    this.#names = ["", ...services];
    this.setServing(false);
  }

  /** What the service says from now on. */
  setServing(serving: boolean): void {
    for (const name of this.#names) {
      this.#health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
    }
  }

  /** Adds it to a server. Watches never end by themselves; `endlessStreams` gets a function that ends each. */
  addTo(add: AddService, endlessStreams: Set<() => void>): void {
    this.#health.addToServer({
      addService(definition: ServiceDefinition, handlers: Record<string, UntypedHandleCall>) {
        const watch = handlers["watch"] as (call: ServerWritableStream<unknown, unknown>) => void;
        const endableWatch = (call: ServerWritableStream<unknown, unknown>) => {
          const end = () => call.end();
          endlessStreams.add(end);
          call.once("cancelled", () => endlessStreams.delete(end));
          watch(call);
        };
        add(definition, { ...handlers, watch: endableWatch });
      },
    });
  }
}
