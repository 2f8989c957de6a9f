# Installs hardneg, as it stands beside this action, into an environment of its own; see action.yml.
set -eo pipefail
unset PYTHONPATH PYTHONHOME

home="$RUNNER_TEMP/hardneg"
"$PYTHON" -m venv "$home"
bin="$home/bin"
if [[ -d "$home/Scripts" ]]; then bin="$home/Scripts"; fi # on Windows
"$bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH/../../.."
version="$("$bin/python" -c 'import importlib.metadata; print(importlib.metadata.version("hardneg-cli"))')"
printf '%s\n' "bin=$bin" "version=${version%$'\r'}" >> "$GITHUB_OUTPUT"
