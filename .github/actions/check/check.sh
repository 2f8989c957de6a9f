# Judges $DATA against its base; see action.yml. The bash of macOS is old: no mapfile, no empty array under `set -u`.
set -eo pipefail
unset PYTHONPATH PYTHONHOME

on_default=false
if [[ "$GITHUB_REF" == "refs/heads/$DEFAULT_BRANCH" ]]; then on_default=true; fi

has() { git cat-file -e "$1^{commit}" 2> /dev/null; }

# After a force push no branch has BEFORE any more: it is fetched by its hash where the server allows that.
known() {
  [[ -n "$1" && ! "$1" =~ ^0+$ ]] || return 1
  has "$1" || { git fetch --quiet --no-tags origin "$1" 2> /dev/null && has "$1"; }
}

base="$BASE" why="named by the workflow"
if [[ -n "$base" ]]; then
  :
elif [[ -n "$MERGE_BASE" ]]; then
  base="git:$MERGE_BASE" why="what the queue merges into"
elif [[ -n "$GITHUB_BASE_REF" ]]; then
  base="git:origin/$GITHUB_BASE_REF..." why="where the pull request began"
elif known "$BEFORE"; then
  base="git:$BEFORE" why="what was there before the push"
elif [[ "$GITHUB_REF_TYPE" == tag ]]; then
  if tag="$(git describe --tags --abbrev=0 'HEAD^' 2> /dev/null)"; then
    base="git:$(git rev-parse "refs/tags/$tag^{commit}")" why="the tag before"
  else
    why="no tag is before this one"
  fi
elif [[ "$on_default" == false ]]; then
  base="git:origin/$DEFAULT_BRANCH..." why="where the branch left $DEFAULT_BRANCH"
  if [[ -n "$BEFORE" ]]; then why="$why, as what was there before is not known"; fi
elif [[ -z "$BEFORE" ]]; then
  why="$GITHUB_EVENT_NAME has none"
elif [[ "$BEFORE" =~ ^0+$ ]]; then
  why="nothing was there before"
else
  why="what was there before the push is lost"
fi

arguments=()
while IFS= read -r line; do
  line="${line%$'\r'}"
  if [[ -n "$line" ]]; then arguments+=("$line"); fi
done <<< "$ARGS"
if [[ -n "$QUEUE" ]]; then arguments+=(--queue "$QUEUE"); fi
if [[ -n "$CACHE" ]]; then arguments+=(--cache "$CACHE"); fi
plain=("${arguments[@]}")
if [[ -n "$base" ]]; then arguments+=(--base "$base"); fi

files="$RUNNER_TEMP/hardneg-files/$NAME"
rm -rf "$files"
mkdir -p "$files"
log="$files/log.txt" summary="$files/summary.md" comment="$files/comment.md" sarif="$files/hardneg.sarif"
reports=(-f github -o "markdown:$summary")
if [[ "$COMMENT" != true || "$GITHUB_EVENT_NAME" != pull_request ]]; then comment=; fi
if [[ -n "$comment" ]]; then reports+=(-o "comment:$comment"); fi
if [[ "$SARIF" == true ]]; then reports+=(-o "sarif:$sarif"); fi
if [[ -n "$REPORT" ]]; then reports+=(-o "html:$REPORT"); fi

token="$("$BIN/python" -c 'import secrets; print(secrets.token_hex(16))')"
token="${token%$'\r'}"
code=0
echo "::stop-commands::$token" # words about the data are no commands; the report's own lines are
if [[ -n "$base" ]]; then printf 'base: %q (%s)\n' "$base" "$why"; else printf 'no base: %s\n' "$why"; fi
{
  "$BIN/hardneg" check "${arguments[@]}" "${reports[@]}" -- "$DATA" > "$log"
} 2>&1 || code=$?
echo "::$token::"
cat "$log"
if [[ -f "$summary" ]]; then cat "$summary" >> "$GITHUB_STEP_SUMMARY"; fi

case "$code" in
  0) verdict=passed ;;
  1) verdict=refused ;;
  *)
    verdict=failed
    advice=""
    if [[ "$(git rev-parse --is-shallow-repository 2> /dev/null)" == true ]]; then
      advice="; the checkout has not all of the history: give actions/checkout fetch-depth: 0"
    fi
    echo "::error title=hardneg check::nothing could be judged; the log says why$advice"
    ;;
esac
if [[ "$why" == *lost ]]; then
  echo "::warning title=hardneg check::$why: the gates that need a base could not be judged"
fi

# An earlier run's comment would go on saying what no longer holds.
if [[ "$verdict" == failed && -n "$comment" && "$DATA" =~ ^[A-Za-z0-9._/-]+$ && "$DATA" != *--* ]]; then
  printf '%s\n' "<!-- hardneg check: $DATA -->" "" "### hardneg: nothing could be judged" "" \
    "[The run]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID) says why." > "$comment"
fi

# Pull requests begin at this commit: the model of theirs is trained here once, as none of them may save it.
if [[ -n "$CACHE" && -z "$BASE" && "$GITHUB_EVENT_NAME" == push && "$on_default" == true && "$verdict" != failed ]]; then
  "$BIN/hardneg" check "${plain[@]}" --base git:HEAD --quiet -- "$DATA" > "$files/model.txt" 2>&1 || true
fi
if [[ -n "$CACHE" && -d "$CACHE" ]]; then
  sum="$(cd "$CACHE" && find . -type f -exec cksum {} + | LC_ALL=C sort | cksum | tr ' ' '-')"
  echo "cache=$sum" >> "$GITHUB_OUTPUT"
fi

output() { if [[ -n "$2" && -f "$2" ]]; then printf '%s=%s\n' "$1" "${2%%$'\n'*}" >> "$GITHUB_OUTPUT"; fi; }
echo "verdict=$verdict" >> "$GITHUB_OUTPUT"
output summary "$summary"
output comment "$comment"
output sarif "$sarif"
if [[ "$verdict" != failed ]]; then # else they are of some other run
  output report "$REPORT"
  output queue "$QUEUE"
fi
exit "$code"
