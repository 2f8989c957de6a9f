# Puts the comment on the pull request: changes the one with the same hidden first line, else adds it.
set -eo pipefail

none() {
  printf 'no comment: %s; the summary says the same\n' "$(printf '%s' "$1" | tr -s '\r\n' '  ' | cut -c 1-300)"
  exit 0
}

command -v gh > /dev/null || none "this runner has no gh"
export GH_HOST="${GITHUB_SERVER_URL#*://}"
IFS= read -r MARKER < "$COMMENT"
export MARKER="${MARKER%$'\r'}"

# Whoever can write may change any comment, and anybody can copy a first line: only the token's own comments count.
if ! found="$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$NUMBER/comments?per_page=100" --jq \
  '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARKER))) | .id' 2>&1)"; then
  none "$found"
fi
found="${found%%$'\n'*}"
found="${found%$'\r'}"
comments="repos/$GITHUB_REPOSITORY/issues"
if [[ "$found" =~ ^[0-9]+$ ]]; then
  request=(PATCH "$comments/comments/$found")
else
  request=(POST "$comments/$NUMBER/comments")
fi
words="$(gh api --silent --method "${request[@]}" --field "body=@$COMMENT" 2>&1)" || none "$words"
