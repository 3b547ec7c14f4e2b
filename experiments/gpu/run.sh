#!/usr/bin/env bash
# Measure on a machine with one GPU; see README.md.
#
#   OUT=FOLDER bash experiments/gpu/run.sh PACKED [training|sweep] [OPTION…]
#
# PACKED is the folder that pack.sh wrote; OUT gets the results. Options are those of measure.py. PYTHON is the
# interpreter that has the machine's packages, WORK what the two calls share, LIMIT_S the most seconds, TINY=1 a
# rehearsal on a CPU.
set -euo pipefail
cd "$(dirname "$0")/../.."
packed=${1:?name the folder that pack.sh wrote}
python=${PYTHON:-python3}
work=${WORK:-/tmp/sweepbox_gpu}
started=$(date +%s)
part=${2:-training}
mkdir -p "${OUT:?name the folder for the results}" "$work/results"
work=$(realpath "$work")  # Ray starts its workers in other folders

install() {
  "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --disable-pip-version-check \
    --upgrade --target "$work/site" "$@" 2>&1 | tee -a "$work/results/log.txt"
}

for name in detection scripts tuning; do # links of the repository, which a copy of its files may lack
  [ -e "sweepbox/$name" ] || ln -sfn "../$name" "sweepbox/$name"
done
[ -d "$work/site/keras" ] || install "$packed"/wheels/*.whl
if [ "$part" = sweep ]; then
  install "$packed"/sweep/*.whl
  "$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter="data")' \
    "$packed/sweep/ray.tar.xz" "$work/site"
  "$python" -m compileall -q -j 0 "$work/site/ray" || true # Ray starts several processes at once, with time limits
fi
export PYTHONPATH=$work/site:$PWD PYTHONUNBUFFERED=1 # workers of Ray find the repository there
exec "$python" -m experiments.gpu.measure "$part" --packed "$packed" --work "$work" --out "$OUT" \
  --limit "${LIMIT_S:-540}" --started "$started" ${TINY:+--tiny} "${@:3}"
