import type { ServerWritableStream, ServiceDefinition, UntypedHandleCall } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { AddService } from "./bind.ts";

/** The standard health service, for the whole server ("") and each of its services. NOT_SERVING until told otherwise. */
export class Health {
  readonly #names: readonly string[];
  readonly #health = new HealthImplementation();

  constructor(services: readonly string[]) {
    this.#names = ["", ...services];
    this.setServing(false);
  }

  setServing(serving: boolean): void {
    for (const name of this.#names) {
      this.#health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
    }
  }

  /** Watches never end by themselves; `endlessStreams` gets the way to end each. */
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
