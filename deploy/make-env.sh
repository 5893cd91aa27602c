#!/bin/sh
# Writes .env with fresh secrets for docker-compose.yml. Never overwrites one.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo ".env exists already; left as it is" >&2
  exit 1
fi

# The Node of this checkout where npm installed it, else that of the image which the processes run on.
node() {
  if [ -x node_modules/.bin/node ]; then
    node_modules/.bin/node "$@"
  else
    version=$(sed -n 's/^ARG NODE_VERSION=//p' Dockerfile)
    docker run --rm --volume "$PWD:/app:ro" --workdir /app "node:$version-bookworm-slim" node "$@"
  fi
}

umask 077
random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}
nats_users=$(node packages/servers/scripts/nats-users.ts)
{
  for name in POSTGRES_PASSWORD AUTH_DATABASE_PASSWORD AUTH_OWNER_DATABASE_PASSWORD METERING_DATABASE_PASSWORD; do
    echo "$name=$(random)"
  done
  # By which auth encrypts secrets in the answers that it keeps. Keep it as long as the database.
  echo "AUTH_IDEMPOTENCY_KEY=$(head -c 32 /dev/urandom | base64)"
  # <caller>_<service>_TOKEN, and the hash by which the service knows it.
  for name in GATEWAY_AUTH_TOKEN GATEWAY_METERING_TOKEN METERING_AUTH_TOKEN; do
    token=$(random)
    echo "$name=$token"
    echo "${name}_SHA256=$(printf %s "$token" | sha256sum | cut -c1-64)"
  done
  echo "$nats_users"
} > .env
echo "wrote .env"
