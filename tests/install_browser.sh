#!/bin/sh
# The pages are tested in a real Chromium. Where none is installed and the system allows it (Debian or Ubuntu, as root),
# it is installed; elsewhere the browser tests say that they were skipped.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 \
        || echo "Chromium could not be installed: the browser tests will be skipped."
else
    echo "No Chromium found: the browser tests will be skipped (install the package chromium to run them)."
fi
