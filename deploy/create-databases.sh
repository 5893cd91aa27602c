#!/bin/sh
# Run once by the PostgreSQL image when its volume is empty: one database and one role for each service,
# so that no service can read another's data. Auth's tables belong to a role of their own, so that auth can alter
# nothing in the audit log.
set -eu
for service in auth metering; do
  case $service in
    auth) password=$AUTH_DATABASE_PASSWORD ;;
    metering) password=$METERING_DATABASE_PASSWORD ;;
  esac
  psql --set=ON_ERROR_STOP=1 --set=service="$service" --set=password="$password" --username=postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE CONNECT ON DATABASE :"service" FROM PUBLIC;
SQL
done
psql --set=ON_ERROR_STOP=1 --set=password="$AUTH_OWNER_DATABASE_PASSWORD" --username=postgres <<'SQL'
CREATE ROLE auth_owner LOGIN PASSWORD :'password';
ALTER DATABASE auth OWNER TO auth_owner;
GRANT CONNECT ON DATABASE auth TO auth;
SQL
