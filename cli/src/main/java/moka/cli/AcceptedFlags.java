package moka.cli;

import moka.cli.terminal.Streams;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Flags of llama.cpp that command lines carry along and that change nothing here. Those that ask for what is done anyway are taken in
 * silence; those that ask for something that is not done are answered with one line.
 */
final class AcceptedFlags {
    @Option(names = {"--jinja", "--no-display-prompt", "--warmup", "--no-warmup", "--simple-io", "--log-disable", "--perf", "--no-perf",
            "--mmap", "--offline", "--no-context-shift", "--no-escape", "--no-show-timings", "-mli", "--multiline-input"},
            hidden = true, description = "Of llama.cpp: taken, since it is so anyway.")
    boolean[] always = {};

    @Option(names = {"-fa", "--flash-attn", "-lv", "--verbosity", "--poll", "--prio"}, paramLabel = "VALUE", hidden = true,
            description = "Of llama.cpp: taken, without effect.")
    String @Nullable [] ignored;

    @Option(names = {"-ngl", "--gpu-layers", "--n-gpu-layers"}, paramLabel = "N", hidden = true, description = "Of llama.cpp: there is no GPU, all layers are computed on the CPU.")
    @Nullable String gpuLayers;

    @Option(names = {"-dev", "--device", "-sm", "--split-mode", "-ts", "--tensor-split", "-mg", "--main-gpu", "-ot", "--override-tensor"},
            paramLabel = "VALUE", hidden = true, description = "Of llama.cpp: there is no GPU.")
    String @Nullable [] devices;

    @Option(names = "--no-mmap", hidden = true, description = "Of llama.cpp: the file is mapped all the same.")
    boolean noMap;

    @Option(names = "--mlock", hidden = true, description = "Of llama.cpp: pages are not locked.")
    boolean lock;

    @Option(names = "--numa", paramLabel = "TYPE", hidden = true, description = "Of llama.cpp: memory is not placed by node; numactl does it.")
    @Nullable String numa;

    @Option(names = {"-tb", "--threads-batch"}, paramLabel = "N", hidden = true, description = "Of llama.cpp: prefill and decode use one team, see --threads.")
    @Nullable String batchThreads;

    /** Says what is not done. */
    void tell(Streams streams) {
        if (gpuLayers != null && !gpuLayers.equals("0")) {
            streams.note("moka: -ngl " + gpuLayers + ": there is no GPU, all layers are computed on the CPU");
        }
        if (devices != null) {
            streams.note("moka: flags of devices are ignored: there is no GPU");
        }
        if (noMap) {
            streams.note("moka: --no-mmap is ignored: the file is always mapped");
        }
        if (lock) {
            streams.note("moka: --mlock is ignored: pages are not locked");
        }
        if (numa != null) {
            streams.note("moka: --numa " + numa + " is ignored: run under numactl --interleave=all for the same");
        }
        if (batchThreads != null) {
            streams.note("moka: --threads-batch is ignored: prefill and decode use one team, see --threads");
        }
    }
}
