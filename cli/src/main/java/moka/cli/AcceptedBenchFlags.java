package moka.cli;

import java.util.List;
import moka.cli.terminal.Streams;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags of llama-bench that change nothing here: taken, and answered with one line where they ask for a device that there is not. */
final class AcceptedBenchFlags {
    @Option(names = {"-fa", "--flash-attn", "--prio", "--poll", "-nkvo", "--no-kv-offload", "-nopo", "--no-op-offload", "--no-host", "-embd",
            "--embeddings", "-ncmoe", "--n-cpu-moe", "-lm", "--load-mode", "-mmp", "--mmap"},
            paramLabel = "VALUE", hidden = true, description = "Of llama-bench: taken, without effect.")
    String @Nullable [] ignored;

    @Option(names = {"-ngl", "--n-gpu-layers", "-dev", "--device", "-sm", "--split-mode", "-mg", "--main-gpu", "-ts", "--tensor-split", "-ot", "--override-tensor"},
            paramLabel = "VALUE", hidden = true, description = "Of llama-bench: there is no GPU.")
    List<String> devices = List.of();

    @Option(names = {"--numa", "-C", "--cpu-mask", "--cpu-strict"}, paramLabel = "VALUE", hidden = true, description = "Of llama-bench: taskset and numactl do it.")
    List<String> placement = List.of();

    /** Says what is not done. */
    void tell(Streams streams) {
        if (devices.stream().anyMatch(value -> !value.equals("0"))) {
            streams.note("moka: flags of devices are ignored: there is no GPU");
        }
        if (!placement.isEmpty()) {
            streams.note("moka: threads and memory are not placed: run under taskset or numactl");
        }
    }
}
