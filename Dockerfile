# One image a process: docker build --target geo|auth|metering|gateway .
ARG NODE_VERSION=24.21.0

FROM node:${NODE_VERSION}-bookworm-slim AS base
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY proto/package.json proto/
COPY packages/runtime/package.json packages/runtime/
COPY packages/terms/package.json packages/terms/
COPY packages/servers/package.json packages/servers/
COPY packages/testing/package.json packages/testing/
COPY packages/launcher/package.json packages/launcher/
COPY packages/pages/package.json packages/pages/
COPY packages/tasks/package.json packages/tasks/
COPY services/geo/package.json services/geo/
COPY services/auth/package.json services/auth/
COPY services/metering/package.json services/metering/
COPY gateway/package.json gateway/
COPY test/package.json test/

# Dependencies of one workspace alone: no tools, no embedded database, no second Node.
FROM base AS geo
RUN npm ci --omit=dev --workspace=@geomesh/geo && npm cache clean --force
COPY proto proto
COPY packages/terms packages/terms
COPY packages/runtime packages/runtime
COPY services/geo services/geo
RUN install -d -o node -g node /var/lib/geomesh
USER node
ENV GEO_HOST=0.0.0.0 GEO_DATA_DIR=/var/lib/geomesh
EXPOSE 50051 50061
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:50061/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "services/geo/src/main.ts"]

FROM base AS auth
RUN npm ci --omit=dev --workspace=@geomesh/auth && npm cache clean --force
COPY proto proto
COPY packages/terms packages/terms
COPY packages/runtime packages/runtime
COPY services/auth services/auth
RUN install -d -o node -g node -m 0700 /var/lib/geomesh
USER node
ENV AUTH_HOST=0.0.0.0 AUTH_BOOTSTRAP_FILE=/var/lib/geomesh/credentials.json
EXPOSE 50052 50062
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:50062/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "services/auth/src/main.ts"]

FROM base AS metering
RUN npm ci --omit=dev --workspace=@geomesh/metering && npm cache clean --force
COPY proto proto
COPY packages/terms packages/terms
COPY packages/runtime packages/runtime
COPY services/metering services/metering
USER node
ENV METERING_HOST=0.0.0.0
EXPOSE 50053 50063
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:50063/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/metering/src/main.ts"]

# Builds the pages of the gateway.
FROM base AS pages
RUN npm ci --omit=dev --workspace=@geomesh/pages && npm cache clean --force
COPY packages/pages packages/pages
RUN node packages/pages/src/main.ts

# What the pages are made of stays behind.
FROM base AS gateway
RUN npm ci --omit=dev --workspace=@geomesh/gateway && npm cache clean --force && rm -r node_modules/swagger-ui-dist node_modules/@scarf
COPY proto proto
COPY packages/terms packages/terms
COPY packages/runtime packages/runtime
COPY --from=pages /app/packages/pages packages/pages
COPY gateway gateway
RUN install -d -o node -g node -m 0700 /var/lib/geomesh
USER node
ENV GATEWAY_HOST=0.0.0.0 GATEWAY_OPS_HOST=0.0.0.0 GATEWAY_DATA_DIR=/var/lib/geomesh
# Holds usage that metering has not committed yet.
VOLUME /var/lib/geomesh
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:8081/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=32", "gateway/src/main.ts"]
