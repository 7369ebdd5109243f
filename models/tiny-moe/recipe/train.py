#!/usr/bin/env python3
"""Train tiny-moe on the token files of prepare_data.py and save it in the Hugging Face layout.

    python train.py --work DIR --minutes 60            # trains, exporting now and then
    python train.py --work DIR --minutes 60 --resume   # goes on from DIR/checkpoint.pt

The model is an ordinary Mixtral: RMSNorm, RoPE, grouped-query attention, and per layer eight
SwiGLU experts of which each token uses the two with the largest router logits, weighted by the
softmax over those two. It is written out here (about 120 lines) because that is quicker to train
on two CPU cores than a general implementation: experts run as one matrix product each over the
tokens routed to them.

The run ends on wall-clock time, not on steps, so the learning-rate schedule follows the clock
too: the same recipe makes the best of a slow or a busy machine. The price is that a rerun gives
a model of the same kind, not the same bits.
"""

import argparse
import json
import math
import signal
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

MODEL_DIR = Path(__file__).resolve().parent.parent
DOMAINS = ["prose", "code", "arithmetic", "recall"]
# Share of training sequences. Prose and code are the hard domains; the others are learned fast.
MIX = [0.33, 0.31, 0.16, 0.20]
# In generated text most tokens are random by design and only the answers can be learned: the three
# tokens after these signs weigh more, or the noise of the rest would drown them.
ANSWER_SIGNS = {"arithmetic": "=", "recall": "->"}
ANSWER_WEIGHT = 6.0


@dataclass
class Config:
    vocab_size: int = 2048
    hidden: int = 128
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 32
    expert_width: int = 192
    experts: int = 8
    experts_per_token: int = 2
    context: int = 512
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Attention(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.q = nn.Linear(c.hidden, c.heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.o = nn.Linear(c.heads * c.head_dim, c.hidden, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, length, _ = x.shape
        c = self.c

        def split(y: Tensor, heads: int) -> Tensor:
            return y.view(batch, length, heads, c.head_dim).transpose(1, 2)

        def rotate(y: Tensor) -> Tensor:
            first, second = y.chunk(2, dim=-1)
            return y * cos + torch.cat((-second, first), dim=-1) * sin

        q, k, v = split(self.q(x), c.heads), split(self.k(x), c.kv_heads), split(self.v(x), c.kv_heads)
        out = F.scaled_dot_product_attention(rotate(q), rotate(k), v, is_causal=True, enable_gqa=True)
        return self.o(out.transpose(1, 2).reshape(batch, length, -1))


class Experts(nn.Module):
    """Router and experts. `kept` (a set of expert numbers) restricts routing, for analyse.py."""

    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.gate = nn.Linear(c.hidden, c.experts, bias=False)
        self.w13 = nn.Parameter(torch.empty(c.experts, 2 * c.expert_width, c.hidden))
        self.w2 = nn.Parameter(torch.empty(c.experts, c.hidden, c.expert_width))
        self.kept: list[int] | None = None
        self.record: list | None = None  # analyse.py collects (router probabilities, chosen experts)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c = self.c
        flat = x.reshape(-1, c.hidden)
        logits = self.gate(flat)
        if self.record is not None:
            probabilities = logits.softmax(-1)
            self.record.append((probabilities, probabilities.topk(c.experts_per_token).indices))
        if self.kept is not None:
            dropped = [e for e in range(c.experts) if e not in self.kept]
            logits = logits.index_fill(1, torch.tensor(dropped, dtype=torch.long), -torch.inf)
        top, chosen = logits.topk(c.experts_per_token, dim=-1)
        # Softmax over all, top 2, divide by their sum: the same as the softmax over the two.
        weights = top.softmax(-1)

        # Sort the (token, slot) pairs by expert, so that each expert reads one contiguous block.
        pairs = chosen.reshape(-1)
        order = pairs.argsort(stable=True)
        counts = torch.bincount(pairs, minlength=c.experts).tolist()
        tokens = order // c.experts_per_token
        blocks = flat.index_select(0, tokens).split(counts)
        outputs = []
        # unbind, not indexing: the gradient is then stacked once instead of summed eight times.
        for block, w13, w2 in zip(blocks, self.w13.unbind(0), self.w2.unbind(0)):
            gate, up = F.linear(block, w13).chunk(2, dim=-1)
            outputs.append(F.linear(F.silu(gate) * up, w2))
        scaled = torch.cat(outputs) * weights.reshape(-1).index_select(0, order).unsqueeze(-1)
        out = torch.zeros_like(flat).index_add(0, tokens, scaled.float())

        # Load balance (Switch / Mixtral): experts * sum(choices per token * mean probability), which
        # is 2 at perfect balance with two choices. It is taken over the whole batch, in which all
        # domains occur, so a domain may still have experts of its own.
        share = torch.tensor(counts) / len(flat)
        balance = c.experts * (share * logits.softmax(-1).mean(0)).sum() if self.training else logits.new_zeros(())
        # Router z-loss keeps the logits from growing without bound.
        z = logits.logsumexp(-1).square().mean() if self.training else logits.new_zeros(())
        return out.view_as(x), balance, z


class Block(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.attention_norm = RMSNorm(c.hidden, c.norm_eps)
        self.attention = Attention(c)
        self.experts_norm = RMSNorm(c.hidden, c.norm_eps)
        self.experts = Experts(c)


class TinyMoe(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.embedding = nn.Embedding(c.vocab_size, c.hidden)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.hidden, c.norm_eps)
        frequency = c.rope_theta ** (-torch.arange(0, c.head_dim, 2).float() / c.head_dim)
        angle = torch.outer(torch.arange(c.context).float(), frequency).repeat(1, 2)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() > 1:
                # Layers that write into the residual stream start smaller.
                out = name.endswith(("o.weight", "w2"))
                nn.init.normal_(p, std=p.shape[-1] ** -0.5 * (1 / math.sqrt(2 * c.layers) if out else 1.0))
        nn.init.normal_(self.embedding.weight, std=0.05)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        length = ids.shape[1]
        cos, sin = self.cos[:length], self.sin[:length]
        x = self.embedding(ids)
        balance = z = x.new_zeros(())
        for block in self.blocks:
            x = x + block.attention(block.attention_norm(x), cos, sin)
            y, layer_balance, layer_z = block.experts(block.experts_norm(x))
            x, balance, z = x + y, balance + layer_balance, z + layer_z
        return F.linear(self.norm(x), self.embedding.weight), balance / self.c.layers, z / self.c.layers


# --- the Hugging Face layout -----------------------------------------------------------------


def to_hf(model: TinyMoe) -> dict[str, Tensor]:
    """Parameter names of MixtralForCausalLM; the tied output matrix is not stored."""
    tensors = {"model.embed_tokens.weight": model.embedding.weight, "model.norm.weight": model.norm.weight}
    for n, block in enumerate(model.blocks):
        p = f"model.layers.{n}."
        tensors[p + "input_layernorm.weight"] = block.attention_norm.weight
        tensors[p + "post_attention_layernorm.weight"] = block.experts_norm.weight
        for name in "qkvo":
            tensors[p + f"self_attn.{name}_proj.weight"] = getattr(block.attention, name).weight
        moe = block.experts
        tensors[p + "block_sparse_moe.gate.weight"] = moe.gate.weight
        for e in range(model.c.experts):
            q = p + f"block_sparse_moe.experts.{e}."
            tensors[q + "w1.weight"], tensors[q + "w3.weight"] = moe.w13[e].chunk(2)
            tensors[q + "w2.weight"] = moe.w2[e]
    return {name: t.detach().to(torch.bfloat16).contiguous().clone() for name, t in tensors.items()}


def load_hf(folder: Path) -> TinyMoe:
    """The reverse of `to_hf`, in float32: what analyse.py measures is what was committed."""
    from safetensors.torch import load_file

    tensors = {name: t.float() for name, t in load_file(folder / "model.safetensors").items()}
    model = TinyMoe(Config())
    state = {"embedding.weight": tensors["model.embed_tokens.weight"], "norm.weight": tensors["model.norm.weight"]}
    for n in range(model.c.layers):
        p, b = f"model.layers.{n}.", f"blocks.{n}."
        state[b + "attention_norm.weight"] = tensors[p + "input_layernorm.weight"]
        state[b + "experts_norm.weight"] = tensors[p + "post_attention_layernorm.weight"]
        for name in "qkvo":
            state[b + f"attention.{name}.weight"] = tensors[p + f"self_attn.{name}_proj.weight"]
        moe = p + "block_sparse_moe."
        state[b + "experts.gate.weight"] = tensors[moe + "gate.weight"]
        state[b + "experts.w13"] = torch.stack([torch.cat([tensors[f"{moe}experts.{e}.w{i}.weight"] for i in (1, 3)]) for e in range(model.c.experts)])
        state[b + "experts.w2"] = torch.stack([tensors[f"{moe}experts.{e}.w2.weight"] for e in range(model.c.experts)])
    model.load_state_dict(state)
    return model.eval()


def export(model: TinyMoe, folder: Path) -> None:
    c = model.c
    config = {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "vocab_size": c.vocab_size,
        "hidden_size": c.hidden,
        "intermediate_size": c.expert_width,
        "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads,
        "num_key_value_heads": c.kv_heads,
        "head_dim": c.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": c.context,
        "initializer_range": 0.02,
        "rms_norm_eps": c.norm_eps,
        "rope_theta": c.rope_theta,
        "sliding_window": None,
        "attention_dropout": 0.0,
        "num_experts_per_tok": c.experts_per_token,
        "num_local_experts": c.experts,
        "output_router_logits": False,
        "router_aux_loss_coef": 0.0,
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "bfloat16",
        "use_cache": True,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    # Written aside and renamed: a reader never sees half a file.
    partial = folder / "model.safetensors.partial"
    save_file(to_hf(model), partial, metadata={"format": "pt"})
    partial.rename(folder / "model.safetensors")


# --- data and training -----------------------------------------------------------------------


class Batches:
    """Random windows of the training text; each sequence holds one domain only."""

    def __init__(self, work: Path, seed: int, tokenizer):
        self.streams = [np.load(work / f"{domain}.train.npy").astype(np.int64) for domain in DOMAINS]
        self.weights = [np.ones(len(stream), dtype=np.float32) for stream in self.streams]
        for domain, sign in ANSWER_SIGNS.items():
            signs = [i for token, i in tokenizer.get_vocab().items() if token.endswith(sign)]
            stream, weight = self.streams[DOMAINS.index(domain)], self.weights[DOMAINS.index(domain)]
            for place in np.flatnonzero(np.isin(stream[:-3], signs)):
                weight[place + 1 : place + 4] = ANSWER_WEIGHT
        self.rng = np.random.default_rng(seed)
        self.seen = dict.fromkeys(DOMAINS, 0)

    def next(self, count: int, length: int) -> tuple[Tensor, Tensor]:
        """Token windows, and how much each token weighs in the loss."""
        rows, weights = [], []
        for domain in self.rng.choice(len(DOMAINS), size=count, p=MIX):
            stream = self.streams[domain]
            start = self.rng.integers(len(stream) - length - 1)
            rows.append(stream[start : start + length + 1])
            weights.append(self.weights[domain][start : start + length + 1])
            self.seen[DOMAINS[domain]] += length
        return torch.from_numpy(np.stack(rows)), torch.from_numpy(np.stack(weights))


def validation(model: TinyMoe, split: str, tokenizer, sequences: int, length: int = 256) -> dict[str, float]:
    """Perplexity per domain over the first windows of a committed file."""
    model.eval()
    result = {}
    for domain in DOMAINS:
        ids = tokenizer.encode((MODEL_DIR / f"data/{domain}.{split}.txt").read_text()).ids
        count = min(sequences, len(ids) // length)
        windows = torch.tensor(ids[: count * length]).view(count, length)
        total = 0.0
        with torch.no_grad():
            for part in windows.split(16):
                logits = model(part)[0][:, :-1]
                total += F.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(), reduction="sum").item()
        result[domain] = round(math.exp(total / (count * (length - 1))), 3)
    model.train()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="the folder prepare_data.py filled; checkpoints go here too")
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="where the exported model goes")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--balance", type=float, default=0.01)
    parser.add_argument("--z-loss", type=float, default=0.001)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--export-every", type=float, default=8.0, help="minutes")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    # One process per core, each with its own half of the batch and one thread, and gradients summed
    # once per step: on a model this small, and on a busy machine above all, that is quicker than
    # two threads that meet at every matrix product.
    with tempfile.TemporaryDirectory() as meeting_place:
        torch.multiprocessing.spawn(train, args=(f"file://{meeting_place}/store", args), nprocs=args.processes)


def train(rank: int, meeting_place: str, args: argparse.Namespace) -> None:
    from tokenizers import Tokenizer

    torch.distributed.init_process_group("gloo", init_method=meeting_place, rank=rank, world_size=args.processes)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    tokenizer = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
    model = TinyMoe(Config())
    batches = Batches(args.work, args.seed + 1000 * rank, tokenizer)
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": decay, "weight_decay": args.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=args.lr, betas=(0.9, 0.98), eps=1e-9, fused=True)
    step, tokens, spent = 0, 0, 0.0
    checkpoint = args.work / "checkpoint.pt"
    if args.resume:
        saved = torch.load(checkpoint, weights_only=False)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step, tokens, spent = saved["step"], saved["tokens"], saved["seconds"]
        # Every process draws its own windows from here on, so it starts from a seed of its own.
        batches, seen_before = Batches(args.work, args.seed + 1000 * rank + step, tokenizer), saved["seen"]
    else:
        seen_before = dict.fromkeys(DOMAINS, 0)
    if rank == 0:
        print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)

    def save(final: bool) -> None:
        # Every process draws from the same mix; this one's counts stand for all.
        seen = {d: seen_before[d] + args.processes * batches.seen[d] for d in DOMAINS}
        state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "tokens": tokens, "seconds": spent, "seen": seen}
        torch.save(state, checkpoint)
        export(model, args.out)
        log = {
            "final": final,
            "steps": step,
            "tokens": tokens,
            "tokens_per_domain": seen,
            "minutes": round(spent / 60, 1),
            "processes": args.processes,
            "settings": {k: v for k, v in vars(args).items() if k in ("batch_tokens", "lr", "balance", "z_loss", "weight_decay", "seed")} | {"mix": dict(zip(DOMAINS, MIX))},
            "config": asdict(model.c),
            "parameters": sum(p.numel() for p in model.parameters()),
        }
        (args.out / "training.json").write_text(json.dumps(log, indent=1) + "\n")

    # Ctrl-C or SIGTERM saves a checkpoint after the step in hand, so that a run can be moved or paused.
    stop = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.append(True))
    model.train()
    limit = args.minutes * 60
    last_export = spent
    running, since = 0.0, time.monotonic()
    while True:
        started = time.monotonic()
        # The first process keeps the clock, for all.
        clock = torch.tensor([min(spent / limit, 1.0), float(bool(stop))], dtype=torch.float64)
        torch.distributed.broadcast(clock, 0)
        done = clock[0].item()
        if done >= 1.0 or clock[1]:
            break
        # Warm up for 100 steps, hold, then fall linearly over the last 60 % of the time.
        rate = args.lr * min(1.0, (step + 1) / 100) * min(1.0, (1 - done) / 0.6 + 0.01)
        for group in optimiser.param_groups:
            group["lr"] = rate
        # Short windows first (cheaper, more independent text); the full context in the last part.
        length = 256 if done < 0.6 else 512
        ids, weight = batches.next(args.batch_tokens // length // args.processes, length)
        logits, balance, z = model(ids[:, :-1])
        losses = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        loss = (losses * weight[:, 1:].flatten()).mean()
        (loss + args.balance * balance + args.z_loss * z).backward()
        average_gradients(model, args.processes)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        tokens += args.processes * ids.shape[0] * length
        running += losses.mean().item()
        spent += time.monotonic() - started
        if rank != 0:
            continue
        if step % 100 == 0:
            speed = 100 * args.batch_tokens / (time.monotonic() - since)
            print(f"step {step} min {spent / 60:.1f} lr {rate:.2e} loss {running / 100:.3f} balance {balance.item():.3f} z {z.item():.2f} tok/s {speed:.0f}", flush=True)
            running, since = 0.0, time.monotonic()
        if step % 500 == 0:
            print("   selection perplexity", validation(model, "selection", tokenizer, 48), flush=True)
        if spent - last_export > args.export_every * 60:
            save(final=False)
            last_export = spent
    if rank == 0:
        save(final=not stop)
        print("final selection perplexity", validation(model, "selection", tokenizer, 10_000), flush=True)


def average_gradients(model: TinyMoe, processes: int) -> None:
    gradients = [p.grad for p in model.parameters()]
    flat = torch.cat([g.flatten() for g in gradients])
    torch.distributed.all_reduce(flat)
    for g, mean in zip(gradients, (flat / processes).split([g.numel() for g in gradients])):
        g.copy_(mean.view_as(g))


if __name__ == "__main__":
    main()
