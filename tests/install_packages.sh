#!/bin/sh
# Some tests need programs of the system: a real Chromium for the pages, bubblewrap for the service in a sandbox. Where one is missing
# and the system allows it (Debian or Ubuntu, as root), it is installed; elsewhere the tests that need it say that they were skipped.
missing=""
found=no
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && found=yes
done
[ $found = yes ] || missing="chromium fonts-dejavu-core"
command -v bwrap >/dev/null 2>&1 || missing="$missing bubblewrap"
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing for the tests: $missing …"
    # shellcheck disable=SC2086
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 \
        || echo "They could not be installed: the tests that need them will be skipped."
else
    echo "Not found: $missing. The tests that need them will be skipped."
fi
