package moka.engine.kernel.machine.aarch64;

import java.util.Optional;
import moka.engine.kernel.KernelProvider;
import moka.engine.kernel.machine.MachineKernelProvider;

/**
 * Machine code on AArch64: where the processor has dot products of bytes (Armv8.2 with the extension, all of Armv8.4), with products of
 * matrices of bytes if it has them.
 */
public final class NeonKernelProvider implements KernelProvider {
    private final Optional<String> level;

    /** @param level {@code dotprod} or {@code i8mm}: the instructions to use and no better ones; empty for the best */
    public NeonKernelProvider(Optional<String> level) {
        this.level = level;
    }

    @Override
    public String name() {
        return "machine";
    }

    @Override
    public Offer offer(Request request) {
        return MachineKernelProvider.offer(request, () -> choose(Features.detect(), level));
    }

    /** @throws UnsupportedOperationException with the reason why there are no kernels */
    static NeonCode choose(Features features, Optional<String> level) {
        if (!features.dotProducts()) {
            throw new UnsupportedOperationException("the processor does not offer dot products of bytes (FEAT_DotProd)");
        }
        return switch (level.orElse("")) {
            case "" -> new NeonCode(features.matrixProducts());
            case "dotprod" -> new NeonCode(false);
            case "i8mm" -> {
                if (!features.matrixProducts()) {
                    throw new UnsupportedOperationException("the processor does not offer i8mm");
                }
                yield new NeonCode(true);
            }
            default -> throw new UnsupportedOperationException("no instructions '" + level.get() + "', expected one of dotprod, i8mm");
        };
    }
}
