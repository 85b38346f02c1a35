#!/usr/bin/env bash
# Publishes the tarball of an npm package: `publish_npm.sh ./package.tgz`. Does nothing if the registry has that version of
# it, so that it can be run again.
set -euo pipefail
[[ $# -eq 1 && $1 == */*.tgz && -f $1 ]] || {
  echo "publish_npm.sh needs the path of one tarball, with a slash: npm takes a/b for a repository on GitHub" >&2
  exit 2
}
version=$(tar -xzOf "$1" package/package.json | node -p 'const { name, version } = JSON.parse(fs.readFileSync(0)); `${name}@${version}`')
if [[ -n $(npm view "$version" version 2>/dev/null || true) ]]; then
  echo "$version is published already"
  exit 0
fi
npm publish "$1"
