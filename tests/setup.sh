#!/bin/sh
# What the tests need beside Python: a browser, Chinese fonts, PostgreSQL's programs, Java and Maven for the
# time-skipping server, Go for the Temporal server on PostgreSQL and for an S3 server, nginx for what is behind a proxy,
# Node (20 or newer) for an OpenID provider, OpenSSL's program for SM2 certificates.
# Installs what is missing where it may (root on Debian or Ubuntu); elsewhere says what is missing and how to get it.
# The tests that need it then fail and say so.
set -eu

missing=""
need() { missing="$missing $1"; }
have() { command -v "$1" >/dev/null 2>&1; }

have chromium || have chromium-browser || have google-chrome || have google-chrome-stable || need chromium
{ have fc-list && fc-list :lang=zh-cn family | grep -q .; } || need fonts-noto-cjk
{ have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; } || need postgresql
have java || need default-jre-headless
have mvn || need maven
have go || need golang-go
{ have nginx || [ -x /usr/sbin/nginx ]; } || need nginx-light
{ have node && have npm; } || need "nodejs npm"
have openssl || need openssl
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && have apt-get; then
  echo "installing what the tests need:$missing"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  # shellcheck disable=SC2086 # a list of package names
  if apt-get update -q >"$log" 2>&1 && apt-get install -q -y --no-install-recommends $missing fontconfig >>"$log" 2>&1
  then
    rm -f "$log"
    exit 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  echo "could not install them; the tests that need them will fail" >&2
else
  echo "missing for some tests:$missing" >&2
  echo "  Debian, Ubuntu: sudo apt-get install$missing" >&2
  echo "  the tests that need them will fail and name what they miss" >&2
fi
