#!/usr/bin/env bash
# A sweep as a Slurm job: Ray on all nodes of the job, the sweep on the first of them.
#
#   sbatch --nodes=4 --gpus-per-node=4 --cpus-per-task=32 --time=12:00:00 \
#     experiments/cluster/slurm.sh SWEEP.yaml --data RECORDS --out RUN
#
# The arguments are those of `sweepbox sweep`, the sweep file first; --address is added, and --resume where the folder of --out holds a sweep, so
# that the same job can be submitted again after its time limit. All nodes must see the same files. VENV is the virtual
# environment with Sweepbox, where it is not on the PATH.
#SBATCH --job-name=sweepbox
#SBATCH --ntasks-per-node=1
#SBATCH --signal=B:TERM@180
set -euo pipefail

if [[ -n "${VENV:-}" ]]; then
  export PATH="$VENV/bin:$PATH"
fi
export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
RAY_AUTH_TOKEN="$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"  # of this job alone
export RAY_AUTH_TOKEN

mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head="${hosts[0]}"
port=$((20000 + SLURM_JOB_ID % 20000))  # jobs that share a node differ
cpus="${SLURM_CPUS_PER_TASK:-$(nproc)}"
gpus="${SLURM_GPUS_ON_NODE:-0}"
export RAY_TMPDIR="/tmp/ray-$SLURM_JOB_ID"

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
start() {  # HOST OPTION...: start Ray on one node, until the job ends
  local host="$1"
  shift
  srun --nodes=1 --ntasks=1 --nodelist="$host" --overlap \
    ray start --block --num-cpus="$cpus" --num-gpus="$gpus" "$@" &
}

address="$(srun --nodes=1 --ntasks=1 --nodelist="$head" --overlap hostname -I | awk '{print $1}')"
start "$head" --head --node-ip-address="$address" --port="$port" --include-dashboard=false \
  --temp-dir="$RAY_TMPDIR"
for _ in $(seq 120); do  # a head takes a while to load
  if (: <"/dev/tcp/$address/$port") 2>/dev/null; then
    break
  fi
  sleep 1
done
for host in "${hosts[@]:1}"; do
  start "$host" --address="$address:$port"
done

sweepbox cluster check "$1" --address "$address:$port" --nodes "${#hosts[@]}"

run=""
for ((place = 1; place < $#; place++)); do
  if [[ "${!place}" == --out ]]; then
    next=$((place + 1))
    run="${!next}"
  fi
done
resume=()
if [[ -f "$run/sweep.yaml" ]]; then
  resume=(--resume)
fi

sweepbox sweep "$@" --address "$address:$port" "${resume[@]}" &
sweep=$!
trap 'kill -TERM "$sweep"' TERM  # the time limit comes: the trials save their state
status=0
while kill -0 "$sweep" 2>/dev/null; do
  wait "$sweep" && status=0 || status=$?
done
exit "$status"
