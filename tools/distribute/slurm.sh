#!/usr/bin/env bash
# A training on two machines of a Slurm cluster, one worker each:
#
#     sbatch tools/distribute/slurm.sh train dcgan --data /shared/photos --out /shared/runs/photos
#
# Data and run folder lie on a file system that all machines share. Two minutes before the time is up
# Slurm sends SIGTERM: the training saves and ends, and the job is put in line again, as it is after the
# loss of a machine. It then goes on from its newest checkpoint.
#SBATCH --job-name=keras-gan
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@120
set -uo pipefail

hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | paste -sd, -)
export hosts

# --kill-on-bad-exit: where one worker dies, the others are ended
srun --kill-on-bad-exit=1 bash -c '
    workers=\"${hosts//,/:2222\",\"}:2222\"
    export TF_CONFIG="{\"cluster\": {\"worker\": [$workers]}, \"task\": {\"type\": \"worker\", \"index\": $SLURM_PROCID}}"
    exec keras-gan "$@" --distribute multiworker
' keras-gan "$@"
code=$?
if [ $code -ne 0 ] && [ $code -ne 2 ]; then # 2: the arguments are wrong, and would be again
    scontrol requeue "$SLURM_JOB_ID"
fi
exit $code
