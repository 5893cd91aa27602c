#!/bin/sh
# Writes .env with fresh passwords for docker-compose.yml. Never overwrites one.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo ".env exists already; left as it is" >&2
  exit 1
fi
umask 077
for name in POSTGRES_PASSWORD AUTH_DATABASE_PASSWORD METERING_DATABASE_PASSWORD; do
  echo "$name=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')"
done > .env
echo "wrote .env"
