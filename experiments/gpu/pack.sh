#!/usr/bin/env bash
# Make what a machine with one GPU, without network, needs beside this repository; see README.md.
#
#   bash experiments/gpu/pack.sh PHOTOGRAPHS WEIGHTS [FOLDER]
#
# PHOTOGRAPHS is a Pascal VOC folder, WEIGHTS MobileNetV2's ImageNet weights (.npz), FOLDER .gpu by default. Run it
# in the environment of `make install`; it fetches wheels with pip. Some minutes, most of them for Ray.
set -euo pipefail
cd "$(dirname "$0")/../.."
photographs=${1:?name the folder of photographs}
weights=${2:?name the file of weights}
out=${3:-.gpu}
python=${PYTHON:-.venv/bin/python}

# What Keras needs and the machine lacks; the other needs of Keras (absl, h5py, ml-dtypes, NumPy, packaging, rich) are there.
training=(keras namex optree)
# What the sweep needs and the machine lacks, without Ray; typing-extensions is there, but pydantic wants a new one.
sweep=(alembic annotated-types colorlog jsonschema jsonschema-specifications mako optuna pydantic pydantic-core referencing
  rpds-py sqlalchemy tensorboardx typing-extensions typing-inspection)
# Of Ray, parts that a sweep never loads; they are half of the wheel.
ray_without=(ray/jars ray/rllib ray/llm ray/serve ray/dashboard/client)

pinned() { sed -n "s/^\($1==[^ ;]*\).*/\1/p" requirements.lock; }

fetch() { # FOLDER NAME…
  local folder=$1 versions=() name platforms=() platform
  shift
  for name in "$@"; do versions+=("$(pinned "$name")"); done
  for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17; do platforms+=(--platform "${platform}_x86_64"); done
  for platform in manylinux2014 manylinux1; do platforms+=(--platform "${platform}_x86_64"); done
  mkdir -p "$folder"
  rm -f "$folder"/*.whl
  "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
    --implementation cp "${platforms[@]}" -d "$folder" "${versions[@]}"
}

fetch "$out/wheels" "${training[@]}"
fetch "$out/sweep" "${sweep[@]}"

if [ ! -f "$out/sweep/ray.tar.xz" ]; then
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  fetch "$temporary" ray
  "$python" -m zipfile -e "$temporary"/ray-*.whl "$temporary/ray"
  chmod +x "$temporary"/ray/ray/core/src/ray/{gcs/gcs_server,raylet/raylet}
  (cd "$temporary/ray" && tar "${ray_without[@]/#/--exclude=}" -cf - .) | xz -T0 -6 >"$out/sweep/ray.tar.xz.tmp"
  mv "$out/sweep/ray.tar.xz.tmp" "$out/sweep/ray.tar.xz"
fi

mkdir -p "$out/weights"
cp "$weights" "$out/weights/mobilenetv2_features_imagenet.npz"
chmod -R u+w "$out"
"$python" -m experiments.gpu.pack_photographs "$photographs" "$out/photographs"

mib() { awk '{ bytes += $1 } END { printf "%.1f", bytes / 2^20 }'; }
tree=$(git ls-files -s | awk '$1 != "120000"' | cut -f2- | tr '\n' '\0' | xargs -0 stat -c %s | mib)
for part in photographs weights wheels sweep; do echo "$out/$part: $(find "$out/$part" -type f -printf '%s\n' | mib) MiB"; done
echo "the repository's files: $tree MiB"
