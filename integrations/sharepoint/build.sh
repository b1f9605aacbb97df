#!/bin/sh
# Builds the package for SharePoint and Teams: integrations/sharepoint/sharepoint/solution/resonanz.sppkg
# Takes about 1.1 GB and some minutes. The framework wants Node 22; where that is not on the PATH it is put into ./node.
set -eu
cd "$(dirname "$0")"
NODE=22.23.3
command -v npm >/dev/null || { echo "npm was not found: install Node.js 18 or newer, which brings it." >&2; exit 1; }
fits() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a === 22 && b >= 14 ? 0 : 1)' 2>/dev/null; }
if ! fits node; then
	if ! fits node/node_modules/.bin/node; then
		echo "Putting Node $NODE into integrations/sharepoint/node (once) …"
		mkdir -p node
		echo '{"private": true}' >node/package.json
		npm install --prefix node --no-save --no-package-lock --silent "node@$NODE"
	fi
	PATH="$PWD/node/node_modules/.bin:$PATH"
	export PATH
	fits node || { echo "Node 22.14 or newer, below 23, is needed and could not be installed." >&2; exit 1; }
fi
npm ci --silent
npm run build
echo "Made integrations/sharepoint/sharepoint/solution/resonanz.sppkg"
