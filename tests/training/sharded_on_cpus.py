"""Fine-tuning as ``accelerate launch`` starts it under FSDP or DeepSpeed, with CPUs in the GPUs' place.

accelerate shards over accelerators alone: on CPUs it hands every process the whole model and says nothing.
Here its processes, joined by gloo, are told that they have GPUs, whose device is the CPU. All else is its
own: how it reads the shipped files, shards, gathers whole weights, and saves and loads checkpoints.
(DeepSpeed would first compile kernels for memory that the processes share; it does without.)
"""

import os
import sys
from importlib import import_module

import torch
from accelerate import PartialState
from accelerate.utils import DistributedType
from transformers import training_args


def _backend(*_, **__):
    return "gloo", DistributedType.MULTI_GPU


def _device(self):
    self.device = torch.device("cpu")


if __name__ == "__main__":
    torch.set_num_threads(1)
    from training.sft import __main__ as command
    from training.sft import run

    training_args.is_torch_bf16_gpu_available = lambda: True
    PartialState._prepare_backend, PartialState.set_device = _backend, _device
    run.pick_device = lambda device: "cuda"
    torch.cuda.set_device = lambda index: None
    if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
        import_module("deepspeed.comm.torch").build_shm_op = lambda: None
    command.main(sys.argv[1:])
    torch.distributed.destroy_process_group()
