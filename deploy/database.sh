# shellcheck shell=bash disable=SC2034
# Read by deploy/backup and deploy/restore: where the database is, without its password for everybody's `ps`.
# Afterwards `tool NAME [ARGUMENTS]` runs one of PostgreSQL's tools beside it, and `${there[@]}` leads to it.
if [ -n "${MIRROR_DATABASE_URL:-}" ]; then
  url=$MIRROR_DATABASE_URL
  if [[ $url =~ ^(postgres(ql)?://[^:/@]+):([^@]*)@(.*)$ ]]; then
    url="${BASH_REMATCH[1]}@${BASH_REMATCH[4]}"
    encoded=${BASH_REMATCH[3]}
    printf -v PGPASSWORD '%b' "${encoded//%/\\x}"
    export PGPASSWORD
  fi
  there=(--dbname "$url")
  tool() { "$@"; }
else
  there=(--username mirror --dbname mirror)
  tool() { docker compose exec -T postgres "$@"; }
fi
