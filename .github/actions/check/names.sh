# What the dataset's artifacts and its cache are called; see action.yml.
set -eo pipefail

name="$(printf '%s' "$DATA" | tr -c 'A-Za-z0-9._-' '-' | cut -c 1-80)"
sum="$(printf '%s\n' "$DATA" "$ARGS" | cksum | tr ' ' '-')"
printf '%s\n' "name=$name" "key=hardneg-$RUNNER_OS-$VERSION-$name-$sum" \
  "cache=$RUNNER_TEMP/hardneg-cache/$name-$sum" >> "$GITHUB_OUTPUT"
